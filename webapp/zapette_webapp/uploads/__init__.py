"""Files from phones: received in parts, played from the data folder, deleted afterwards."""
