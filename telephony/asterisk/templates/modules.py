"""modules.conf: just what calls need, so that nothing else can be reached or go wrong.

bridge_native_rtp is left out on purpose: it passes RTP by the channels, so that keys in a conversation are not told
(docs/adr/media-pass-through-asterisk.md).
"""

MODULES = (
    # SIP
    "res_pjproject",
    "res_sorcery_astdb",
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_pjsip",
    "res_pjsip_acl",
    "res_pjsip_authenticator_digest",
    "res_pjsip_caller_id",
    "res_pjsip_dtmf_info",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_header_funcs",
    "res_pjsip_logger",
    "res_pjsip_nat",
    "res_pjsip_outbound_authenticator_digest",
    "res_pjsip_outbound_registration",
    "res_pjsip_pubsub",  # chan_pjsip needs it
    "res_pjsip_refer",  # a phone's own transfers
    "res_pjsip_registrar",
    "res_pjsip_rfc3326",
    "res_pjsip_sdp_rtp",
    "res_pjsip_session",
    "chan_pjsip",
    # media
    "res_rtp_asterisk",
    "res_srtp",  # for phones with srtp, which may be added while the switch runs
    "res_timing_timerfd",
    "res_musiconhold",
    "codec_alaw",
    "codec_resample",
    "codec_ulaw",
    "format_pcm",
    "format_sln",
    "format_wav",
    "bridge_builtin_features",
    "bridge_holding",
    "bridge_simple",
    "bridge_softmix",
    # dial plan
    "pbx_config",
    "app_bridgeaddchan",  # the third in a conversation
    "app_bridgewait",  # a phone was picked up
    "app_chanspy",  # supervisors
    "app_exec",
    "app_mixmonitor",
    "app_playback",
    "app_playtones",  # that it rings elsewhere
    "app_stack",
    "func_callerid",  # what a phone shows during a call
    "func_channel",
    "func_cut",
    "func_db",
    "func_dialplan",
    "func_global",
    "func_logic",
    "func_strings",
    "func_talkdetect",  # a message ends when nothing more is said
    "res_speech",  # res_agi needs it
    "res_agi",
    "res_manager_devicestate",
    "res_mutestream",  # a muted leg
)

#: Where browsers may come in.
WEBSOCKET_MODULES = ("res_crypto", "res_http_websocket", "res_pjsip_transport_websocket")


#: What must not be loaded, and why.
HARMFUL = {
    "bridge_native_rtp": "it passes RTP by the channels, so that keys in a conversation are not told",
    "res_pjsip_diversion": "it writes line ends that a caller sends in Diversion into the events of all calls",
}


def included(also: tuple[str, ...] = ()) -> str:
    """The file for an Asterisk that has its own: whatever that one loads, ours are loaded and the harmful ones not."""
    lines = [*(f"load = {name}.so" for name in (*MODULES, *also)), *(f"noload = {name}.so" for name in HARMFUL)]
    return "\n".join(["[modules](+)", *lines, ""])


def text(also: tuple[str, ...] = ()) -> str:
    """The file; `also` are modules that somebody needs besides ours."""
    lines = [f"load = {name}.so" for name in (*MODULES, *also)]
    return "\n".join(["[modules]", "autoload = no", *lines, ""])
