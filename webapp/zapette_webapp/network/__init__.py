"""The network around this server: its addresses, its name and its services (mDNS)."""
