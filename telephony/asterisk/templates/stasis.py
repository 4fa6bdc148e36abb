"""stasis.conf: messages inside Asterisk that nobody here reads are not made.

Not every type can be declined: Asterisk's manager does not start without those that it subscribes to by name.
"""

DECLINED = (
    "agi_async_end_type",
    "agi_async_exec_type",
    "agi_async_start_type",
    "agi_exec_end_type",
    "agi_exec_start_type",
    "ast_channel_varset_type",
    "ast_rtp_rtcp_received_type",
    "ast_rtp_rtcp_sent_type",
    "ast_test_suite_message_type",
    "cel_generic_type",
)

TEXT = "\n".join(["[declined_message_types]", *(f"decline = {name}" for name in DECLINED), ""])
