"""A second issuer of JWTs that shares nothing with the library or its test dependencies: Ed25519 as RFC 8032 section 5.1
describes it, over Python's own integers and hashlib. Slow and not constant in time, which a test may be.

Reads a JSON list of {"header": {}, "claims": {}, "ed25519": seed | "hmac": secret | neither} (hex) from stdin and
writes the JSON list of tokens; with neither the signature is empty.
"""

import base64
import hashlib
import hmac
import json
import sys

P = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P


def base_x():
    square = (BASE_Y * BASE_Y - 1) * pow(D * BASE_Y * BASE_Y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    return P - x if x % 2 else x


# Extended coordinates (X, Y, Z, T) with x = X/Z, y = Y/Z, x*y = T/Z.
BASE = (base_x(), BASE_Y, 1, base_x() * BASE_Y % P)
NEUTRAL = (0, 1, 1, 0)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(scalar, point):
    product = NEUTRAL
    while scalar:
        if scalar & 1:
            product = add(product, point)
        point = add(point, point)
        scalar >>= 1
    return product


def compress(point):
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def hash_to_int(*parts):
    return int.from_bytes(hashlib.sha512(b"".join(parts)).digest(), "little")


def sign_ed25519(seed, message):
    expanded = hashlib.sha512(seed).digest()
    secret = int.from_bytes(expanded[:32], "little") & (1 << 254) - 8 | 1 << 254
    public = compress(multiply(secret, BASE))
    nonce = hash_to_int(expanded[32:], message) % ORDER
    commitment = compress(multiply(nonce, BASE))
    challenge = hash_to_int(commitment, public, message) % ORDER
    return commitment + ((nonce + challenge * secret) % ORDER).to_bytes(32, "little")


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def issue(wanted):
    parts = (wanted["header"], wanted["claims"])
    signed = ".".join(encode(json.dumps(part).encode()) for part in parts)
    signature = b""
    if "ed25519" in wanted:
        signature = sign_ed25519(bytes.fromhex(wanted["ed25519"]), signed.encode())
    elif "hmac" in wanted:
        signature = hmac.digest(bytes.fromhex(wanted["hmac"]), signed.encode(), "sha256")
    return f"{signed}.{encode(signature)}"


json.dump([issue(wanted) for wanted in json.load(sys.stdin)], sys.stdout)
