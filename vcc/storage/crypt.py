"""Sealing: small dictionaries as text that only the holder of the key can read, or change unnoticed.

AES-256-GCM with a fresh nonce for each seal. What a tenant's own system answered and digits marked secret stand in the
stored live state in this form only. The first key seals, every key unseals, so that keys can be exchanged.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from typing import TYPE_CHECKING

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.errors import VccError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_log = structlog.get_logger()
_VERSION = "1."
_KEY_BYTES = 32
_NONCE_BYTES = 12


class KeyFormatError(VccError):
    """A key is not 32 bytes in base64."""

    code = "key_format"


def new_key() -> str:
    """Make a key, as text for the secrets file."""
    return base64.urlsafe_b64encode(os.urandom(_KEY_BYTES)).decode()


class Seal:
    """Fulfils `vcc.calls.floor.Secrecy`."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` as `new_key` makes them, the one to seal with first. Raises KeyFormatError."""
        if not keys:
            message = "sealing needs at least one key"
            raise KeyFormatError(message)
        self._ciphers = [AESGCM(_key_bytes(key, number)) for number, key in enumerate(keys, start=1)]

    def seal(self, values: Mapping[str, str]) -> str:
        """Encrypt."""
        nonce = os.urandom(_NONCE_BYTES)
        text = json.dumps(dict(values), separators=(",", ":")).encode()
        sealed = nonce + self._ciphers[0].encrypt(nonce, text, None)
        return _VERSION + base64.urlsafe_b64encode(sealed).decode()

    def unseal(self, sealed: str) -> dict[str, str]:
        """Decrypt; empty, and logged, if it cannot be: sealed with another key, or changed since."""
        try:
            raw = base64.b64decode(sealed.removeprefix(_VERSION), altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        for cipher in self._ciphers if sealed.startswith(_VERSION) and len(raw) > _NONCE_BYTES else ():
            try:
                text = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], None)
            except InvalidTag:
                continue
            return {str(name): str(value) for name, value in json.loads(text).items()}
        _log.error("sealed values cannot be read: another key, or they were changed")
        return {}


def _key_bytes(key: str, number: int) -> bytes:
    try:
        raw = base64.b64decode(key.strip(), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != _KEY_BYTES:
        message = (
            f"key {number} for sealing the stored state is not {_KEY_BYTES} bytes in base64; make one with: "
            "python3 -c 'import base64, os; print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"
        )
        raise KeyFormatError(message)
    return raw
