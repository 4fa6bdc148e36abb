"""From words to sound files: a voice, a cache by content, and the tenants' own sound files.

    Part (words in a language, or a tenant's file) -> Prompts.resolve -> absolute paths of 8 kHz mono WAV

`voice.py` is the port to a text-to-speech engine and the offline default, espeak-ng. `cache.py` keeps what was rendered
under the checksum of words, language and voice, so that nothing is rendered twice and a call keeps the prompts that it
began with; `bound.py` says what of it goes when nobody needs it any more. `prompts.py` joins the two and is what the
sessions ask. Everything in a configuration is rendered before the configuration takes effect; only texts with variables
in them are rendered during a call.
"""
