#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes what real clients send first into corpus/client_hello and corpus/http_head: `make_hellos.py CORPUS`.

The clients are those of the machine (openssl, curl, node, python3), against a listener on the loopback that saves what
comes and closes. What only OpenSSL 4 sends, a post-quantum key share and GREASE ECH, is taken from the one inside of the
Python package cryptography, without a connection; without that package these files stay as they are.
"""
import pathlib
import socket
import subprocess
import sys

VAULT = "contoso-payments-prod-w.vault.azure.net"
# makes a hello longer than the 512 bytes that are the least `-max_send_frag`
MANY_PROTOCOLS = ",".join(f"protocol-number-{number}" for number in range(20))
NODE = "require('{module}').get({{host: '127.0.0.1', port: {port}, {more}}}).on('error', () => {{}})"


def first_bytes(command):
    """What the client started by command(port) sends before it is answered."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(10)
        port = listener.getsockname()[1]
        with subprocess.Popen(command(port), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as client:
            connection, _ = listener.accept()
            connection.settimeout(0.5)
            sent = b""
            with connection:
                try:
                    while piece := connection.recv(16384):
                        sent += piece
                except TimeoutError:
                    pass
            client.kill()
    return sent


def s_client(*options):
    return lambda port: ["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *options]


def curl(url, *options):
    return lambda port: ["curl", "-sk", "--noproxy", "", *(o.format(port=port) for o in options), url.format(port=port)]


def node(module, more):
    return lambda port: ["node", "-e", NODE.format(module=module, port=port, more=more)]


def python(name):
    code = "import socket, ssl, sys; ssl.create_default_context().wrap_socket(" \
           "socket.create_connection(('127.0.0.1', int(sys.argv[1]))), server_hostname=sys.argv[2])"
    return lambda port: [sys.executable, "-c", code, str(port), name]


TLS = {
    "openssl-3.0": s_client("-servername", VAULT),
    "openssl-3.0-no-name": s_client("-noservername"),
    "openssl-3.0-tls-1.2": s_client("-servername", VAULT, "-tls1_2"),
    "openssl-3.0-two-records": s_client("-servername", VAULT, "-max_send_frag", "512", "-alpn", MANY_PROTOCOLS),
    "curl-7.88": curl(f"https://{VAULT}:{{port}}/secrets", "--resolve", f"{VAULT}:{{port}}:127.0.0.1"),
    "node-20": node("https", f"servername: '{VAULT}'"),
    "python-3.11": python(VAULT.upper()),
}

HTTP = {
    "curl-proxy-absolute": curl("http://crl3.digicert.com/DigiCertGlobalRootG2.crl", "-x", "http://127.0.0.1:{port}"),
    "curl-proxy-connect": curl(f"https://{VAULT}/secrets", "-x", "http://127.0.0.1:{port}"),
    "node-origin": node("http", "headers: {Host: 'Crl3.DigiCert.com:80'}"),
}

GREASE_ECH = 1 << 37  # SSL_OP_ECH_GREASE of OpenSSL 4.0


def openssl4(options):
    # pylint: disable=import-outside-toplevel
    from cryptography.hazmat.bindings.openssl.binding import Binding
    lib, ffi = Binding().lib, Binding().ffi
    context = lib.SSL_CTX_new(lib.TLS_method())
    lib.SSL_CTX_set_options(context, options)
    session = lib.SSL_new(context)
    out = lib.BIO_new(lib.BIO_s_mem())
    lib.SSL_set_bio(session, lib.BIO_new(lib.BIO_s_mem()), out)
    lib.SSL_set_connect_state(session)
    lib.SSL_set_tlsext_host_name(session, VAULT.encode())
    lib.SSL_do_handshake(session)
    buffer = ffi.new("char[]", 16384)
    return ffi.buffer(buffer, lib.BIO_read(out, buffer, 16384))[:]


def in_records(hello, size):
    """A hello of one record again, in records of `size` bytes."""
    message = hello[5:]
    pieces = [message[at:at + size] for at in range(0, len(message), size)]
    return b"".join(hello[:3] + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def hellos():
    for name, command in TLS.items():
        yield name, first_bytes(command)
    try:
        post_quantum = openssl4(0)
        grease_ech = openssl4(GREASE_ECH)
    except ImportError:
        print("no package cryptography: the files of OpenSSL 4 stay as they are", file=sys.stderr)
        return
    yield "openssl-4.0-post-quantum", post_quantum
    yield "openssl-4.0-post-quantum-cut", post_quantum[:1448]
    yield "openssl-4.0-post-quantum-records-of-100", in_records(post_quantum, 100)
    yield "openssl-4.0-grease-ech", grease_ech


def main():
    corpus = pathlib.Path(sys.argv[1])
    for name, sent in hellos():
        (corpus / "client_hello" / name).write_bytes(sent)
        print(f"client_hello/{name}: {len(sent)} bytes")
    for name, command in HTTP.items():
        sent = first_bytes(command)
        (corpus / "http_head" / name).write_bytes(sent)
        print(f"http_head/{name}: {len(sent)} bytes")


if __name__ == "__main__":
    main()
