/**
 * The pages' words in French.
 * @type {Readonly<Record<import("../translate.js").Key, string>>}
 */
export const fr = Object.freeze({
  "page.player": "Lecteur Zapette",
  "page.remote": "Télécommande Zapette",

  "control.play": "Lecture",
  "control.pause": "Pause",
  "control.volume": "Volume",
  "control.volume_up": "Monter le son",
  "control.volume_down": "Baisser le son",
  "control.percent": "{level} %",
  "control.mute": "Couper le son",
  "control.unmute": "Remettre le son",
  "control.position": "Position",
  "control.position_of": "{position} sur {duration}",
  "control.no_duration": "direct",
  "control.back": "Reculer de 10 secondes",
  "control.forward": "Avancer de 10 secondes",
  "control.fullscreen": "Plein écran",
  "control.group": "Commandes",

  "connection.connecting": "Connexion…",
  "connection.live": "Connecté",
  "connection.retry": "Réessayer",

  "remote.nothing": "Rien à lire pour l’instant",
  "remote.no_player": "Lecteur",
  "remote.playing": "Lecture en cours",
  "remote.paused": "En pause",
  "remote.ended": "Terminé",
  "remote.no_link": "Scannez avec ce téléphone le QR code affiché sur le lecteur.",
  "remote.old_code": "Ce code n’est plus valable. Scannez le nouveau sur l’écran du lecteur.",
  "remote.refused": "Le serveur refuse cette télécommande.",
  "remote.lost": "Pas de connexion. L’affichage n’est peut-être plus à jour. Nouvel essai…",
  "remote.taken_over": "Cette télécommande est utilisée dans un autre onglet.",
  "remote.use_here": "L’utiliser ici",
  "remote.player_off": "Le lecteur est éteint. Ouvrez sa page sur le téléviseur.",
  "remote.waiting": "En attente du lecteur…",
  "remote.gesture":
    "Cliquez une fois sur « Démarrer » sur le lecteur : son navigateur l’exige avant de jouer du son.",
  "remote.buffering": "Chargement…",
  "remote.guest": "Vous êtes invité : vous voyez ce qui passe ici.",

  "player.default_name": "Télévision",
  "player.lost":
    "Pas de connexion : les téléphones ne peuvent pas joindre ce lecteur. Nouvel essai…",
  "player.refused": "Le serveur refuse ce lecteur.",
  "player.new_code_made": "Nouveau code. Ceux qui utilisaient l’ancien sont déconnectés.",

  "card.title": "Scannez pour télécommander",
  "card.qr": "QR code qui ouvre la télécommande",
  "card.hint": "Téléphone et lecteur : sur le même réseau. Pas de téléphone ? Cliquez sur le code.",
  "card.address": "Adresse pour les téléphones",
  "card.new_code": "Nouveau code",

  "start.button": "Démarrer",
  "start.why": "Le navigateur demande un clic avant de jouer du son.",

  "takeover.title": "Un autre onglet est maintenant le lecteur",
  "takeover.text":
    "Le même lecteur a été ouvert dans un autre onglet ou une autre fenêtre, que les téléphones commandent désormais.",
  "takeover.button": "Le reprendre ici",

  "error.no_such_procedure": "Ce lecteur n’a pas cette fonction.",
  "error.invalid_argument": "Le lecteur n’a pas compris.",
  "error.not_supported": "Ce lecteur ne peut pas faire cela.",
  "error.gesture_required":
    "Cliquez une fois sur « Démarrer » sur le lecteur, puis il pourra lire.",
  "error.media_error": "Lecture impossible.",
  "error.runtime_error": "Quelque chose s’est mal passé.",
  "error.timeout": "Le lecteur ne répond pas.",
  "error.unavailable": "Pas de connexion : rien n’a été envoyé.",
  "error.lost": "Pas de connexion : aucune réponse.",
  "error.offline": "Le lecteur est éteint.",
  "error.cancelled": "Abandonné.",
  "error.too_many_requests": "Trop de demandes. Attendez un peu.",
  "error.wrong_key": "Le serveur ne connaît plus ce lecteur. Rechargez la page.",
});
