"""Certificates for trying, made by an authority of the installation's own (RFC 5280, PEM, ECDSA on P-256)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_AUTHORITY_LASTS = timedelta(days=3650)
"""Whoever trusts it has to be handed the next one."""

_LASTS = timedelta(days=397)
"""Browsers refuse certificates that last longer."""

_RENEWED = timedelta(days=90)
"""What is left when a certificate is made anew at the next start: long enough to start once in a while."""

_CLOCKS = timedelta(hours=1)
"""How far other clocks may be behind ours."""


@dataclass(frozen=True)
class Authority:
    """Signs the certificates of one installation. `certificate` is public, and handed to whoever shall trust it."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey = field(repr=False)

    @classmethod
    def make(cls, name: str, now: float) -> "Authority":
        """A new one; `name` is what people see, `now` is in POSIX seconds."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (
            _begun(subject, subject, key.public_key(), now, _AUTHORITY_LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )
        return cls(made.sign(key, hashes.SHA256()), key)

    @classmethod
    def load(cls, certificate: bytes, key: bytes) -> "Authority":
        """From the PEM of both; ValueError."""
        loaded = load_pem_private_key(key, None)
        if not isinstance(loaded, ec.EllipticCurvePrivateKey):
            raise ValueError("the authority's key is of another kind")
        return cls(x509.load_pem_x509_certificate(certificate), loaded)

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return _private(self.key)

    def issue(self, names: Sequence[str], now: float) -> bytes:
        """A private key and the certificate of a server with these host names or IP addresses, as one PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        made = (
            _begun(subject, self.certificate.subject, key.public_key(), now, _LASTS)
            .add_extension(x509.SubjectAlternativeName([_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()),
                critical=False,
            )
        )
        return _private(key) + made.sign(self.key, hashes.SHA256()).public_bytes(Encoding.PEM)

    def is_stale(self, pem: bytes, names: Sequence[str], now: float) -> bool:
        """Whether this is a certificate of ours that has other names than these, ends soon, or has not begun, as when
        the clock was wrong; or of one before us, whose key is lost. ValueError.

        One of another authority is for somebody else to renew.
        """
        made = x509.load_pem_x509_certificate(pem)
        if made.issuer != self.certificate.subject:
            return False
        try:
            made.verify_directly_issued_by(self.certificate)
        except (InvalidSignature, TypeError, ValueError):
            return True
        there = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        lasts = made.not_valid_before_utc <= _time(now) and made.not_valid_after_utc >= _time(now) + _RENEWED
        return set(there) != {_name(name) for name in names} or not lasts

    def check(self, now: float) -> None:
        """ValueError if whoever trusts it would not do so now: it has ended, or it was made by another clock."""
        begins, ends = self.certificate.not_valid_before_utc, self.certificate.not_valid_after_utc
        if not begins <= _time(now) <= ends:
            raise ValueError(
                f"the authority of certificates lasts from {begins:%Y-%m-%d} to {ends:%Y-%m-%d}, and the clock says "
                f"{_time(now):%Y-%m-%d}: set the clock, or remove the volume authority and start again"
            )


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: float, lasts: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(_time(now) - _CLOCKS)
        .not_valid_after(_time(now) + lasts)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _time(posix: float) -> datetime:
    return datetime.fromtimestamp(posix, UTC).replace(microsecond=0)


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
