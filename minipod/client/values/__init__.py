"""What a `Client` answers with: frozen values, made from the server's JSON.

Words of Kubernetes and of minipod (a phase, a reason, a rule, a mark) are plain strings: a newer
server may know more of them than these modules do. A module each, for a command loads what it uses.
"""
