"""Access over HTTP: credentials, pairing codes, grants, hosts and rates."""
