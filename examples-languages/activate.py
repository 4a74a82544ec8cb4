#!/usr/bin/env python3
"""iscdesk from Python:  activate.py iscdesk.json [CODE]
The library lies beside this file. Python 3, nothing but the standard library."""
import ctypes
import os
import sys
import threading

OPT_OFFLINE_DAYS, OPT_DELIVERY = 40, 50
EVENT_LICENSE_CHANGED = 3
TIMEOUT_DEFAULT = 5000


class LicenseInfo(ctypes.Structure):
    """isc_license_info, 256 bytes."""
    _fields_ = [
        ("struct_size", ctypes.c_uint32),
        ("status", ctypes.c_int32), ("licensed", ctypes.c_int32), ("source", ctypes.c_int32),
        ("expires_at", ctypes.c_int64), ("checked_at", ctypes.c_int64),
        ("offline_until", ctypes.c_int64), ("activated_at", ctypes.c_int64), ("amount", ctypes.c_int64),
        ("license", ctypes.c_char * 65), ("product_id", ctypes.c_char * 129), ("reserved", ctypes.c_char * 6),
    ]


EventCallback = ctypes.CFUNCTYPE(None, ctypes.c_int32, ctypes.c_char_p, ctypes.c_void_p)


def load():
    """The library with the types of the functions used here: ctypes would cut 64-bit handles to 32 bits otherwise."""
    name = {"win32": "iscdesk.dll", "darwin": "libiscdesk.dylib"}.get(sys.platform, "libiscdesk.so")
    isc = ctypes.CDLL(os.path.join(os.path.dirname(os.path.abspath(__file__)), name))
    handle, text, status, integer = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_int32
    out = ctypes.POINTER(ctypes.c_void_p)
    length = ctypes.POINTER(ctypes.c_size_t)
    for function, result, arguments in [
        ("isc_options_load", status, [text, out]),
        ("isc_options_set_string", status, [handle, integer, text]),
        ("isc_options_set_int", status, [handle, integer, ctypes.c_int64]),
        ("isc_options_free", None, [handle]),
        ("isc_init", status, [handle, out]),
        ("isc_register_event_callback", status, [handle, EventCallback, ctypes.c_void_p, ctypes.c_void_p]),
        ("isc_activate", status, [handle, text]),
        ("isc_is_licensed", ctypes.c_int32, [handle, text]),
        ("isc_get_license_info", status, [handle, text, ctypes.POINTER(LicenseInfo)]),
        ("isc_last_error_message", status, [ctypes.c_char_p, ctypes.c_size_t, length]),
        ("isc_shutdown", status, [handle, ctypes.c_uint32]),
        ("isc_release", None, [handle]),
    ]:
        getattr(isc, function).restype, getattr(isc, function).argtypes = result, arguments
    return isc


isc = load()
changed = threading.Event()


# The library holds a bare pointer to this object: it has to live until shutdown, here as a name of the module.
# Runs on a thread of the library; ctypes prints an exception and does not let it out.
@EventCallback
def on_event(event, message, _user_data):
    print(f"event {event}: {message.decode()}", flush=True)
    if event == EVENT_LICENSE_CHANGED:
        changed.set()


def last_error():
    buffer = ctypes.create_string_buffer(512)
    isc.isc_last_error_message(buffer, len(buffer), None)  # cut at a character where it is longer
    return buffer.value.decode()


def start(config):
    """A client, or None with the reason told."""
    options, client = ctypes.c_void_p(), ctypes.c_void_p()
    ready = (isc.isc_options_load(config and config.encode(), options) >= 0
             and isc.isc_options_set_int(options, OPT_OFFLINE_DAYS, 10) >= 0
             and isc.isc_options_set_string(options, OPT_DELIVERY, b"thread") >= 0
             and isc.isc_init(options, client) >= 0
             and isc.isc_register_event_callback(client, on_event, None, None) >= 0)
    if not ready:
        print(f"cannot start: {last_error()}", file=sys.stderr)
    isc.isc_options_free(options)
    return client if ready else None


def show(client):
    info = LicenseInfo(struct_size=ctypes.sizeof(LicenseInfo))
    if isc.isc_get_license_info(client, None, info) >= 0:
        print(f"{info.license.decode()}: verdict {info.status}, licensed {info.licensed}, source {info.source}, "
              f"amount {info.amount}, product {info.product_id.decode()}, expires {info.expires_at}, "
              f"offline until {info.offline_until}")


def main(config=None, code=""):
    client = start(config)
    if client is None:
        return 2
    try:
        if not isc.isc_is_licensed(client, None):
            if isc.isc_activate(client, code.encode()) < 0:  # waits for the marketplace, without Python's lock
                print(last_error(), file=sys.stderr)
            else:
                changed.wait(5)  # only so that this short program still shows the event
        show(client)
        return 0 if isc.isc_is_licensed(client, None) else 1
    finally:
        isc.isc_shutdown(client, TIMEOUT_DEFAULT)
        isc.isc_release(client)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:3]))
