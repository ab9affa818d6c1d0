"""Invented names out of syllables, so that no model can know them: places, people, firms, in the flavour of several languages.

Everything is drawn from the `random.Random` that is handed in; nothing is drawn twice in one set."""
import random
import re
import unicodedata

# Onsets, vowels, codas, endings of places, given names, endings of family names.
FLAVOURS = {
    "nordic": ("b br d f fr g gr h hv k l m n r s sk sv t tr v", "a e i o u å ø ei", "l n r s k rd ld nd", "vik dal heim nes sund by stad", "Astrid Leif Solveig Torben Ingrid Halvar Runa Sindre", "sen dahl gaard lund berg"),
    "celtic": ("b c d dr f g gl l ll m n p r t tr", "a e i o u ae", "n r l th dd rn c", "wen more gan dun ach loch", "Aoife Bran Carys Dilwyn Eilidh Fergal Morwen Owain", "an wyn ach ey rick"),
    "slavic": ("b br d g k kr l m n p pr r s st t v z", "a e i o u", "r n k l v t sk", "ova ovo itsa grad polje nik", "Bohdan Danica Irena Jarmil Ludmila Mirek Radka Zoran", "ek ic ova enko ar"),
    "romance": ("b c d f fr g l m n p qu r s t v", "a e i o ia", "l n r s nt", "ano ella osa ente ara olles", "Aurelio Benita Corrado Delfina Estevo Fiorella Matias Noemia", "ez ini ado eira ault"),
    "germanic": ("b bl d f g h k kl l m n r sch st t w z", "a e i o u au ei", "n r l ch ck ld rt", "bach burg feld stedt hausen au", "Anneke Bertram Gerlinde Hannes Ortrun Ruprecht Sieglind Veit", "mann er holt beck ing"),
    "turkic": ("b ch d g k kh m n s sh t y z", "a e i o u", "n r l k z sh", "abad kent tepe kul bulak dag", "Aylin Batyr Dilara Erkin Gulnar Kemal Nurlan Selin", "oglu ev bek ova in"),
    "polynesian": ("h k l m n p r t w", "a e i o u", "", "nui loa kai moana roa", "Aroha Hemi Kaia Manu Noelani Rangi Tane Wiremu", "ana iki oa ula ere"),
    "southasian": ("bh ch d g j k m n p r s t v", "a i u e o", "n r m l", "pur garh nagar wadi kot", "Anjali Devesh Farida Harish Ishita Kiran Mehul Sunita", "war kar ani esh dra"),
}
CHINESE_PLACE = "云溪 翠屏 青岚 白鹭 松涧 石瀑 锦泽 丹霞 玉泠 枫渡 兰汀 碧崖 金榆 望舒 竹渊 临澜 荷渚 雁栖 梅岫 沧澄".split()
CHINESE_FAMILY = "陈 林 周 吴 郑 许 何 沈 罗 梁 宋 唐 冯 董 萧 程".split()
CHINESE_GIVEN = "素梅 远航 知夏 明澈 若兰 思齐 景行 雨桐 怀瑾 清越 子衿 安澜".split()
JAPANESE_PLACE = "霧沢 青瀬 白嶺 月見原 鶴渡 桐生野 杉戸浦 朝霞谷 藤波 雪代".split()


def slug(text: str) -> str:
    """A file's name for a title: 'Çelik Göl' -> 'celik-gol'; empty for scripts without a Latin form."""
    plain = unicodedata.normalize("NFKD", text.replace("ø", "o").replace("ß", "ss")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


class Names:
    """A source of names of which none begins like another, so that a name says which thing is meant."""

    def __init__(self, rng: random.Random):
        self.rng, self.used = rng, set()

    def word(self, flavour: str, ending: bool) -> str:
        onsets, vowels, codas, places, _, families = FLAVOURS[flavour]
        pick = lambda options: self.rng.choice(options.split()) if options else ""
        syllables = [pick(onsets) + pick(vowels)]
        if self.rng.random() < 0.5:
            syllables.append(pick(onsets) + pick(vowels))
        if codas and self.rng.random() < 0.7:
            syllables[-1] += pick(codas)
        return ("".join(syllables) + pick(places if ending else families)).capitalize()

    def fresh(self, make) -> str:
        """The first name made that begins like no other and is no piece of another."""
        for _ in range(1000):
            name = make()
            key = slug(name) or name
            taken = any(key[:5] == other[:5] or key in other or other in key for other in self.used)
            if not taken and (len(name) >= 5 or not name.isascii()):
                self.used.add(key)
                return name
        raise RuntimeError("the syllables are used up: ask for fewer turns")

    def place(self, flavour: str | None = None) -> str:
        return self.fresh(lambda: self.word(flavour or self.rng.choice(list(FLAVOURS)), True))

    def person(self) -> str:
        flavour = self.rng.choice(list(FLAVOURS))
        return f"{self.rng.choice(FLAVOURS[flavour][4].split())} {self.fresh(lambda: self.word(flavour, False))}"

    def namesake(self, person: str) -> str:
        """Another person of the same family name: a distractor."""
        given = [name for parts in FLAVOURS.values() for name in parts[4].split() if name != person.split()[0]]
        return f"{self.rng.choice(given)} {person.split()[-1]}"

    def chinese_place(self) -> str:
        return self.fresh(lambda: self.rng.choice(CHINESE_PLACE))

    def chinese_person(self) -> str:
        return self.fresh(lambda: self.rng.choice(CHINESE_FAMILY) + self.rng.choice(CHINESE_GIVEN))

    def japanese_place(self) -> str:
        return self.fresh(lambda: self.rng.choice(JAPANESE_PLACE))
