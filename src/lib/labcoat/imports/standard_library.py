"""Modules of the standard library of any Python."""

import sys

# Modules that are in the standard library of newer or older Pythons.
_ELSEWHERE = """
_winreg aifc annotationlib asynchat asyncore audioop BaseHTTPServer binhex cgi cgitb chunk commands
compiler compression ConfigParser cookielib copy_reg cPickle crypt cStringIO distutils dummy_thread
dummy_threading formatter htmlentitydefs HTMLParser httplib imghdr imp lib2to3 macpath mailcap md5
msilib new nis nntplib ossaudiodev parser pipes Queue sets sha SimpleHTTPServer smtpd sndhdr
SocketServer spwd StringIO sunau symbol telnetlib thread Tkinter tkMessageBox tomllib urllib2
urlparse user UserDict uu xdrlib xmlrpclib
"""
STANDARD = frozenset(sys.stdlib_module_names) | frozenset(_ELSEWHERE.split())
