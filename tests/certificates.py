"""A certificate that no machine trusts by itself."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

NAME = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Nobody Knows Root CA")])
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def certificate(folder: Path, *names: str) -> Path:
    """ca.pem for 127.0.0.1 and these names, which is its own authority; key.pem lies beside it."""
    key = ec.generate_private_key(ec.SECP256R1())
    hosts = [x509.IPAddress(ip_address("127.0.0.1")), *(x509.DNSName(name) for name in names)]
    made = (
        x509.CertificateBuilder()
        .subject_name(NAME)
        .issuer_name(NAME)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(SINCE)
        .not_valid_after(SINCE + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "key.pem").write_bytes(private)
    path = folder / "ca.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path
