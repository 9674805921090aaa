"""Has what is opened as test:///… opened in a daemon, as test+unix:///…; what the connection is called stays the same."""
import libvirt

HERE, THERE = "test:///", "test+unix:///"
_open_auth, _get_uri = libvirt.openAuth, libvirt.virConnect.getURI


def _served(uri, *args, **kwargs):
    return _open_auth(uri.replace(HERE, THERE, 1) if uri and uri.startswith(HERE) else uri, *args, **kwargs)


libvirt.openAuth = _served
libvirt.virConnect.getURI = lambda self: _get_uri(self).replace(THERE, HERE, 1)
