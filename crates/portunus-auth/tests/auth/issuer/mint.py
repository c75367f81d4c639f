"""Makes tokens with two libraries of Python. Each line of the input asks for one, and is answered with it and its key."""

import json
import sys
import warnings

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwk, jws
from joserfc import jwt as joserfc_jwt

# One of them warns of the name that all tokens so far give to signatures with Ed25519.
warnings.simplefilter("ignore")

CURVES = {"ES256": ec.SECP256R1, "ES384": ec.SECP384R1}


def new_key(algorithm):
    if algorithm == "EdDSA":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm in CURVES:
        return ec.generate_private_key(CURVES[algorithm]())
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def with_pyjwt(algorithm, key, header, claims):
    token = jwt.encode(claims, key, algorithm=algorithm, headers=header)
    public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
    return token, public


def with_joserfc(algorithm, key, header, claims):
    kinds = {"EdDSA": jwk.OKPKey, "ES256": jwk.ECKey, "ES384": jwk.ECKey}
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    own = kinds.get(algorithm, jwk.RSAKey).import_key(pem)
    registry = jws.JWSRegistry(algorithms=[algorithm])
    token = joserfc_jwt.encode({**header, "alg": algorithm}, claims, own, algorithms=[algorithm], registry=registry)
    return token, own.as_dict(private=False)


LIBRARIES = {"PyJWT": with_pyjwt, "joserfc": with_joserfc}

for line in sys.stdin:
    asked = json.loads(line)
    header = {"kid": asked["kid"], **asked.get("header", {})}
    make = LIBRARIES[asked["library"]]
    token, public = make(asked["algorithm"], new_key(asked["algorithm"]), header, asked["claims"])
    print(json.dumps({"token": token, "key": {**public, "kid": asked["kid"]}}), flush=True)
