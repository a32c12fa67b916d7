"""Languages by their codes and names; no I/O."""

from __future__ import annotations

from typing import Final

# ISO 639-1; the two forms of ISO 639-2, the English name; the language's own name.
_LANGUAGES: Final = """
ar ara arabic = العربية
bg bul bulgarian = Български
ca cat catalan = Català
cs ces cze czech = Čeština
da dan danish = Dansk
de deu ger german = Deutsch
el ell gre greek = Ελληνικά
en eng english = English
es spa spanish = Español
et est estonian = Eesti
eu eus baq basque = Euskara
fa fas per persian = فارسی
fi fin finnish = Suomi
fr fra fre french = Français
gl glg galician = Galego
he heb hebrew = עברית
hi hin hindi = हिन्दी
hr hrv croatian = Hrvatski
hu hun hungarian = Magyar
id ind indonesian = Bahasa Indonesia
is isl ice icelandic = Íslenska
it ita italian = Italiano
ja jpn japanese = 日本語
ko kor korean = 한국어
lt lit lithuanian = Lietuvių
lv lav latvian = Latviešu
nl nld dut dutch = Nederlands
no nor norwegian nb nob = Norsk
pl pol polish = Polski
pt por portuguese = Português
ro ron rum romanian = Română
ru rus russian = Русский
sk slk slo slovak = Slovenčina
sl slv slovenian = Slovenščina
sr srp serbian = Српски
sv swe swedish = Svenska
th tha thai = ไทย
tr tur turkish = Türkçe
uk ukr ukrainian = Українська
vi vie vietnamese = Tiếng Việt
zh zho chi chinese = 中文
"""
_PAIRS: Final = [line.split(" = ") for line in _LANGUAGES.strip().splitlines()]
_CODES: Final = {name: names.split()[0] for names, _ in _PAIRS for name in names.split()}
_NAMES: Final = {names.split()[0]: own for names, own in _PAIRS}


def code(word: str) -> str | None:
    """Return the ISO 639-1 code that `word` means: ``fr`` for ``fre``, ``French`` or ``fr-CA``."""
    plain = word.lower()
    return _CODES.get(plain) or _CODES.get(plain.partition("-")[0])


def own_name(language: str) -> str:
    """Return the name of a language in that language."""
    return _NAMES[language]
