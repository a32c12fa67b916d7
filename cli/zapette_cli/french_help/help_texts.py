"""The French help of each command and option, by the English one."""

from __future__ import annotations

from typing import Final

HELP: Final = {
    # zapette
    """Play video on a web page, and control it from a phone.

Without a command it runs everything: `zapette`, `zapette FOLDER` with your films, and any
option of `zapette run`.

Exit codes: 0 success, 1 the player or service answered with an error, 2 wrong usage or
settings, 3 the broker or player is not there, 4 no answer in time.""": """\
Lit des vidéos sur une page web, commandée par un téléphone.

Sans commande, tout est lancé : `zapette`, `zapette FOLDER` avec vos films, et toute option de
`zapette run`.

Codes de sortie : 0 succès, 1 le lecteur ou le service a répondu par une erreur, 2 usage ou
réglages incorrects, 3 le broker ou le lecteur est absent, 4 pas de réponse à temps.""",
    # run, broker, web, front, bridge
    """Run the broker, the web side and the bridge if it is set, and restart what ends.

FOLDER has your films and music, as --media.""": """\
Lance le broker, le serveur web et, s'il est réglé, le pont, et relance ce qui s'arrête.

FOLDER contient vos films et votre musique, comme --media.""",
    "Restart parts when their code changes.": "Relance les parties dont le code change.",
    "The settings file.": "Le fichier des réglages.",
    "Port of the pages, the API and MQTT over WebSocket.": (
        "Port des pages, de l'API et de MQTT sur WebSocket."
    ),
    "Port of MQTT over TCP.": "Port de MQTT sur TCP.",
    "A further port of MQTT over WebSocket; 0 for none.": (
        "Un port de plus pour MQTT sur WebSocket ; 0 pour aucun."
    ),
    "IP address to listen on.": "Adresse IP d'écoute.",
    "Address at which phones reach the pages.": "Adresse où les téléphones trouvent les pages.",
    "Folder for secrets and databases.": "Dossier des secrets et des bases de données.",
    "Folder with your films and music.": "Dossier de vos films et de votre musique.",
    "auto, debug, info, warning or error.": "auto, debug, info, warning ou error.",
    "Run the broker alone.": "Lance le broker seul.",
    "Run the web side alone.": "Lance le serveur web seul.",
    "Run TLS in front of the web side alone.": "Lance seul TLS devant le serveur web.",
    "Run the bridge to your home's broker alone.": (
        "Lance seul le pont vers le broker de la maison."
    ),
    # credentials
    "Print the account that the first start created, or manage others.": (
        "Affiche le compte créé au premier démarrage, ou en gère d'autres."
    ),
    "How long the password of a cluster is valid.": (
        "Durée de validité du mot de passe d'un cluster."
    ),
    "List the accounts, one per line.": "Liste les comptes, un par ligne.",
    "Print an account's name, and its password if it is known.": (
        "Affiche le nom d'un compte et, s'il est connu, son mot de passe."
    ),
    "Add an account, or change its password; connections with the old one end at once.": (
        "Ajoute un compte ou change son mot de passe ; les connexions par l'ancien sont coupées."
    ),
    "The password; asked for by default.": "Le mot de passe ; demandé par défaut.",
    "Remove an account; its connections end at once.": (
        "Supprime un compte ; ses connexions sont coupées."
    ),
    # cluster
    "Set up NATS servers as the broker, for more screens than one machine holds.": (
        "Met en place des serveurs NATS comme broker, pour plus d'écrans que n'en porte un poste."
    ),
    "Show the state of nodes, web sides and the database; exit with 1 if anything is wrong.": (
        "Affiche l'état des nœuds, des serveurs web et de la base ; code 1 si quelque chose cloche."
    ),
    """Write the configuration of a further node into FOLDER.

It has the ports of the first node, or the next ones on a machine that has a node.""": """\
Écrit dans FOLDER la configuration d'un nœud de plus.

Il a les ports du premier nœud, ou les suivants sur une machine qui a déjà un nœud.""",
    "IP address of the new node.": "Adresse IP du nouveau nœud.",
    "It has clients only, and keeps no messages.": (
        "Il n'a que des clients et ne garde aucun message."
    ),
    """Remove NODE, for example node-2, from the cluster in FOLDER.

Stop it first: nats-server --signal ldm makes it hand over its clients.""": """\
Retire NODE, par exemple node-2, du cluster décrit dans FOLDER.

Arrêtez-le d'abord : avec nats-server --signal ldm, il cède ses clients.""",
    """Renew the keys in FOLDER, in three steps; each run carries out one and says what to do.

It needs the folder `operator`, which `zapette cluster init` has made.""": """\
Renouvelle les clés de FOLDER en trois étapes ; chaque appel en fait une et dit la suite.

Il faut le dossier `operator` que `zapette cluster init` a créé.""",
    "Stop accepting the old keys.": "N'accepte plus les anciennes clés.",
    """Write keys, the configuration of three nodes and the settings of a web side into FOLDER.

Three nodes on one machine have consecutive ports, from the given ones on.""": """\
Écrit dans FOLDER les clés, la configuration de trois nœuds et les réglages d'un serveur web.

Trois nœuds sur une machine ont des ports consécutifs, à partir de ceux indiqués.""",
    "IP address of a node: three times, or once for three nodes on one machine.": (
        "Adresse IP d'un nœud : trois fois, ou une fois pour trois nœuds sur une machine."
    ),
    "MQTT over TCP.": "MQTT sur TCP.",
    "MQTT for pages.": "MQTT pour les pages.",
    "For the server.": "Pour le serveur.",
    "Among nodes.": "Entre les nœuds.",
    # what uses a broker
    "mqtt://NAME:PASSWORD@HOST, also mqtts, ws, wss; several nodes separated by commas "
    "(default: ZAPETTE_URL).": (
        "mqtt://NAME:PASSWORD@HOST, ou mqtts, ws, wss ; plusieurs nœuds séparés par des virgules "
        "(par défaut : ZAPETTE_URL)."
    ),
    "Certificates to trust with mqtts and wss, in PEM (default: ZAPETTE_CA_FILE).": (
        "Certificats de confiance pour mqtts et wss, en PEM (par défaut : ZAPETTE_CA_FILE)."
    ),
    "Seconds to wait.": "Secondes d'attente.",
    "Print JSON.": "Affiche du JSON.",
    # players, services
    "Show the players; on a terminal, keep the table up to date.": (
        "Affiche les lecteurs ; dans un terminal, le tableau reste à jour."
    ),
    "Print JSON, once.": "Affiche du JSON, une fois.",
    "Print the table once (default in a pipe).": (
        "Affiche le tableau une fois (par défaut dans un tube)."
    ),
    """Forget a player of this server: its links end, and other systems no longer see it.

ID is the player's id, or its beginning if that is unique. A page that is still open must be
reloaded, and is then a new player with the old id.""": """\
Oublie un lecteur de ce serveur : ses liens cessent, et les autres systèmes ne le voient plus.

ID est l'identifiant du lecteur, ou son début s'il est unique. Une page encore ouverte doit être
rechargée ; c'est alors un nouveau lecteur avec l'ancien identifiant.""",
    "Let in the new player whose page shows CODE (the setting new_players).": (
        "Admet le nouveau lecteur dont la page affiche CODE (réglage new_players)."
    ),
    "List the new players that wait to be let in.": (
        "Liste les nouveaux lecteurs qui attendent d'être admis."
    ),
    "List the services that are online and the procedures that each offers.": (
        "Liste les services en ligne et les procédures de chacun."
    ),
    # sign
    """Print an address of a medium that anybody can fetch for one to two weeks.

PATH is the medium's in the library: Films/film.mkv, or media/Films/film.mkv. The address is for
programs that have no account, such as a renderer (DLNA) or a media player.""": """\
Affiche une adresse d'un média que chacun peut lire pendant une à deux semaines.

PATH est celui du média dans la médiathèque : Films/film.mkv, ou media/Films/film.mkv. L'adresse
sert aux programmes sans compte, comme un appareil DLNA ou un logiciel de lecture.""",
    "The film as HLS, converted by a plan: h264-aac.": (
        "Le film en HLS, converti selon un plan : h264-aac."
    ),
    "Its thumbnail.": "Sa vignette.",
    "Print the address and its end as JSON.": "Affiche l'adresse et son échéance en JSON.",
    # call, command, move, throw, watch
    """Call a procedure and print its result as JSON; without PROCEDURE, list the procedures.

ID is a player's id or its beginning, its name, `server`, or a service's name. Each ARG is a
JSON value, otherwise text.""": """\
Appelle une procédure et affiche son résultat en JSON ; sans PROCEDURE, les liste.

ID est l'identifiant d'un lecteur ou son début, son nom, `server`, ou le nom d'un service. Chaque
ARG est une valeur JSON, sinon du texte.""",
    "Pass it by name.": "Passe un paramètre par son nom.",
    "Call a procedure without waiting for its answer.": (
        "Appelle une procédure sans attendre sa réponse."
    ),
    """Let player TO continue with what FROM plays; FROM pauses once TO plays.

The queue, position, tracks and speed move. FROM and TO are ids or names.""": """\
Fait continuer sur le lecteur TO ce que lit FROM, qui se met en pause dès que TO lit.

La file, la position, les pistes et la vitesse suivent. FROM et TO sont des identifiants ou des
noms.""",
    """Play a file of this machine, or an address, on a player.

The server keeps the file until no queue has it any more. After a network cut, sending continues
by itself; Ctrl-C cancels it. LINK is the one behind a player's QR code, for a machine without
an account; a guest's link only adds to the queue, and sends files if the server allows it.""": """\
Lit un fichier de cette machine, ou une adresse, sur un lecteur.

Le serveur garde le fichier tant qu'une file le contient. Après une coupure du réseau, l'envoi
reprend tout seul ; Ctrl-C l'annule. LINK est le lien du QR code d'un lecteur, pour une machine
sans compte ; celui d'un invité ajoute seulement à la file, et n'envoie de fichiers que si le
serveur le permet.""",
    "The player (default: the only one that is online).": (
        "Le lecteur (par défaut : le seul qui est en ligne)."
    ),
    "Add it to the end of the queue.": "L'ajoute à la fin de la file.",
    "The address of the pages, if it is not found.": (
        "L'adresse des pages, si elle n'est pas trouvée."
    ),
    """Print a line for each change of the players' states, until Ctrl-C.

Without ID or NAME, of all players.""": """\
Affiche une ligne à chaque changement d'état des lecteurs, jusqu'à Ctrl-C.

Sans ID ni NAME, de tous les lecteurs.""",
    "Print JSON, one object per line.": "Affiche du JSON, un objet par ligne.",
    "Print the players' events too.": "Affiche aussi les événements des lecteurs.",
    "End after this many lines.": "S'arrête après ce nombre de lignes.",
    # doctor
    """Check what a phone needs, and say how to fix what fails.

That is ports, addresses, VPN, firewall, certificates, data folder, disk, ffmpeg, clock,
settings, and, if Zapette runs, its pages, broker, players and bridge. The exit code is 1 if a
check fails.""": """\
Vérifie ce qu'il faut à un téléphone, et dit comment corriger ce qui ne va pas.

À savoir les ports, adresses, VPN, pare-feu, certificats, dossier de données, disque, ffmpeg,
horloge, réglages et, si Zapette tourne, ses pages, broker, lecteurs et pont. Le code de sortie est
1 si une vérification échoue.""",
    "Check only this broker (default: ZAPETTE_URL).": (
        "Ne vérifie que ce broker (par défaut : ZAPETTE_URL)."
    ),
    # store, tls, backup, restore
    "Move players and rights between the data folder and PostgreSQL.": (
        "Déplace lecteurs et droits entre le dossier de données et PostgreSQL."
    ),
    """Copy players, rights and secrets; FROM and TO are a data folder or postgresql://...

Stop Zapette before. TO must be empty; FROM does not change. To keep a password off the command
line, put it into ~/.pgpass or PGPASSWORD.""": """\
Copie lecteurs, droits et secrets ; FROM et TO sont un dossier de données ou postgresql://...

Arrêtez d'abord Zapette. TO doit être vide ; FROM ne change pas. Pour ne pas écrire un mot de passe
dans la commande, mettez-le dans ~/.pgpass ou PGPASSWORD.""",
    "Make an authority of your own and a certificate, and say how to use them.": (
        "Crée une autorité à vous et un certificat, et dit comment s'en servir."
    ),
    """Write everything that Zapette knows to FILE, also while it runs.

That is the signing secret, the accounts, the players and their remotes, the broker's messages
and the settings. Keep FILE as safe as a password. Films are not in it, nor what is made again
from them. Players in PostgreSQL are not in it either: use pg_dump.""": """\
Écrit dans FILE tout ce que sait Zapette, même en marche.

À savoir le secret de signature, les comptes, les lecteurs et leurs télécommandes, les messages du
broker et les réglages. Protégez FILE comme un mot de passe. Il ne contient ni les films, ni ce qui
en est refait, ni les lecteurs dans PostgreSQL : pour ceux-ci, utilisez pg_dump.""",
    """Replace the data folder by the backup FILE; stop Zapette before.

What is in the data folder is moved to a folder in it, and not deleted.""": """\
Remplace le dossier de données par la sauvegarde FILE ; arrêtez d'abord Zapette.

Le contenu actuel du dossier n'est pas supprimé : il est déplacé dans un dossier à l'intérieur.""",
    # service
    "Run Zapette as a service of systemd.": "Fait de Zapette un service de systemd.",
    """Install the service and start it, now and whenever the machine starts.

The settings given here go into the unit; the others come from /etc/zapette/zapette.toml, or,
with --user, from your own settings file. The service may read your films and nothing else
of yours; after a change of the media folder, install it again.""": """\
Installe le service et le démarre, maintenant et à chaque démarrage de la machine.

Les réglages donnés ici vont dans l'unité ; les autres viennent de /etc/zapette/zapette.toml ou,
avec --user, de votre propre fichier. Le service peut lire vos films et rien d'autre de vous ;
réinstallez-le si le dossier des médias change.""",
    "Install a service of your own, without root.": "Installe un service à vous, sans root.",
    "Print the unit, and install nothing.": "Affiche l'unité, sans rien installer.",
    "Stop the service and remove it; its data and settings stay.": (
        "Arrête le service et le supprime ; ses données et réglages restent."
    ),
    "Show what systemd knows of the service; the exit code is that of `systemctl status`.": (
        "Affiche ce que systemd sait du service ; le code est celui de `systemctl status`."
    ),
    # completion
    """Print the completion script for a shell.

For bash: eval "$(zapette completion bash)" in ~/.bashrc.""": """\
Affiche le script de complétion d'un shell.

Pour bash : eval "$(zapette completion bash)" dans ~/.bashrc.""",
}
