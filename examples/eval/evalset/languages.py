"""Dialogues in Chinese, German, French, Spanish and Japanese: a look-up, a follow-up, a change in percent, something absent.

One row of `SPEECH` a language: how its page speaks and how its user asks. Some pages are in English all the same."""
from decimal import Decimal

from .checks import NOT_FOUND, name, number, turn, unless
from .pages import Fact, Series, Sheet
from .web import BROWSER
from .world import World, draw, grouped

# title; intro; facts: key -> (label, unit, sentence, questions, follow-ups, right answer); series: caption, head, questions, follow-ups, answer, percent questions, percent answer;
# absent: questions, answer; a word that an answer in this language has.
SPEECH = {
    "de": dict(title="Brauerei {n}", word=r"\b(?:der|die|das|ist|hat|im|in|wurde|sind|um|von|mitarbeiter|hektoliter|hl|prozent|gestiegen|gesunken)\b", intro="Die {x} steht am Rand der Stadt und ist ein Familienbetrieb.",
        facts={"staff": ("Mitarbeiter", "", "Dort arbeiten {v} Menschen.", ("Wie viele Mitarbeiter hat die {x}?", "Wie viele Menschen arbeiten in der {x}?", "Anzahl der Mitarbeiter der {x}?", "Ich möchte wissen, wie viele Leute bei der {x} arbeiten.", "Sag mir bitte, wie viele Mitarbeiter die {x} hat."), ("Und wie viele Mitarbeiter hat sie?", "Wie viele Leute arbeiten dort?", "und die Zahl der Mitarbeiter?"), "Die {x} hat {v} Mitarbeiter [1]."),
               "founded": ("Gegründet", "", "Gegründet wurde sie {v}.", ("Wann wurde die {x} gegründet?", "In welchem Jahr wurde die {x} gegründet?", "Gründungsjahr der {x}?", "Seit wann gibt es die {x}?", "Bitte such heraus, wann die {x} gegründet wurde."), ("Und wann wurde sie gegründet?", "und das Gründungsjahr?", "Seit wann gibt es sie?"), "Die {x} wurde {v} gegründet [1].")},
        series=("Ausstoß nach Jahren", ("Jahr", "Ausstoß (hl)"), ("Wie hoch war der Ausstoß der {x} im Jahr {y}?", "Wie viel hat die {x} {y} gebraut?", "Ausstoß der {x} {y}?", "Wie viele Hektoliter hat die {x} im Jahr {y} ausgestoßen?", "Ich brauche den Ausstoß der {x} für {y}."), ("und {y}?", "Und im Jahr {y}?", "wie war es {y}?", "Und wie viel {y}?"), "Im Jahr {y} waren es {v} Hektoliter [1].", ("Um wie viel Prozent hat sich der Ausstoß von {a} bis {b} verändert?", "Wie viel Prozent Unterschied ist das von {a} auf {b}?", "und in Prozent, von {a} auf {b}?", "Veränderung von {a} auf {b} in Prozent?", "Rechne bitte die Änderung von {a} auf {b} in Prozent aus."), "Das ist eine Veränderung um {p} Prozent."),
        absent=(("Wie heißt der Braumeister der {x}?", "Wer ist Braumeister der {x}?", "Weißt du, wer in der {x} Braumeister ist?", "Name des Braumeisters der {x}?", "Und wer ist dort der Braumeister?"), "Der Name des Braumeisters steht nicht auf den Seiten."), aside="Am ersten Mai ist Tag der offenen Tür."),
    "fr": dict(title="Musée {n}", word=r"\b(?:le|la|les|est|a|en|de|du|été|visiteurs|pas)\b", intro="Le {x} occupe une ancienne filature au bord de la rivière.",
        facts={"works": ("Œuvres", "", "Il conserve {v} œuvres.", ("Combien d'œuvres le {x} conserve-t-il ?", "Combien d'œuvres y a-t-il au {x} ?", "Nombre d'œuvres du {x} ?", "Je voudrais savoir combien d'œuvres possède le {x}.", "Dis-moi le nombre d'œuvres du {x}, s'il te plaît."), ("Et combien d'œuvres ?", "et le nombre d'œuvres ?", "Combien d'œuvres y a-t-il ?"), "Le {x} conserve {v} œuvres [1]."),
               "opened": ("Ouverture", "", "Il a ouvert en {v}.", ("Quand le {x} a-t-il ouvert ?", "En quelle année le {x} a-t-il ouvert ses portes ?", "Année d'ouverture du {x} ?", "Depuis quand le {x} est-il ouvert ?", "Trouve l'année d'ouverture du {x}."), ("Et quand a-t-il ouvert ?", "et l'année d'ouverture ?", "Depuis quand est-il ouvert ?"), "Le {x} a ouvert en {v} [1].")},
        series=("Visiteurs par année", ("Année", "Visiteurs"), ("Combien de visiteurs le {x} a-t-il eus en {y} ?", "Combien de personnes ont visité le {x} en {y} ?", "Visiteurs du {x} en {y} ?", "Quel était le nombre de visiteurs du {x} en {y} ?", "J'ai besoin du nombre de visiteurs du {x} pour {y}."), ("et en {y} ?", "Et pour {y} ?", "qu'en est-il de {y} ?", "Combien en {y} ?"), "En {y}, il y a eu {v} visiteurs [1].", ("De combien de pour cent le nombre a-t-il changé de {a} à {b} ?", "Quelle est la variation en pour cent de {a} à {b} ?", "et en pourcentage, de {a} à {b} ?", "Calcule la variation de {a} à {b} en pourcentage.", "Ça fait quel pourcentage de changement entre {a} et {b} ?"), "C'est une variation de {p} %."),
        absent=(("Qui est l'architecte du {x} ?", "Comment s'appelle l'architecte du {x} ?", "Nom de l'architecte du {x} ?", "Sais-tu qui a dessiné le bâtiment du {x} ?", "Et qui en est l'architecte ?"), "Le nom de l'architecte n'est pas indiqué dans les pages."), aside="Le jardin est ouvert tous les jours."),
    "es": dict(title="Bodega {n}", word=r"\b(?:el|la|los|las|es|fue|en|de|tiene|hay|no)\b", intro="La {x} trabaja los viñedos de la ladera sur del valle.",
        facts={"staff": ("Empleados", "", "Trabajan en ella {v} personas.", ("¿Cuántos empleados tiene la {x}?", "¿Cuánta gente trabaja en la {x}?", "Número de empleados de la {x}", "Quisiera saber cuántas personas trabajan en la {x}.", "Dime, por favor, cuántos empleados tiene la {x}."), ("¿Y cuántos empleados tiene?", "¿y el número de empleados?", "¿Cuánta gente trabaja allí?"), "La {x} tiene {v} empleados [1]."),
               "founded": ("Fundación", "", "Fue fundada en {v}.", ("¿Cuándo se fundó la {x}?", "¿En qué año fue fundada la {x}?", "Año de fundación de la {x}", "¿Desde cuándo existe la {x}?", "Busca en qué año se fundó la {x}."), ("¿Y cuándo se fundó?", "¿y el año de fundación?", "¿Desde cuándo existe?"), "La {x} fue fundada en {v} [1].")},
        series=("Producción por año", ("Año", "Producción (hl)"), ("¿Cuánto produjo la {x} en {y}?", "¿Cuál fue la producción de la {x} en {y}?", "Producción de la {x} en {y}", "¿Cuántos hectolitros produjo la {x} en {y}?", "Necesito la producción de la {x} del año {y}."), ("¿y en {y}?", "¿Y en el año {y}?", "¿qué tal {y}?", "¿Cuánto en {y}?"), "En {y} fueron {v} hectolitros [1].", ("¿En qué porcentaje cambió la producción de {a} a {b}?", "¿Cuánto es el cambio de {a} a {b} en por ciento?", "¿y en porcentaje, de {a} a {b}?", "Calcula la variación de {a} a {b} en porcentaje.", "Variación porcentual entre {a} y {b}"), "Es una variación del {p} %."),
        absent=(("¿Quién es el enólogo de la {x}?", "¿Cómo se llama el enólogo de la {x}?", "Nombre del enólogo de la {x}", "¿Sabes quién es enólogo en la {x}?", "¿Y quién es allí el enólogo?"), "El nombre del enólogo no se indica en las páginas."), aside="La tienda abre también los domingos."),
    "zh": dict(title="{n}瓷器厂", word="[一-鿿]{2}", intro="{x}位于河边，主要生产青瓷和白瓷。",
        facts={"staff": ("员工人数", "人", "现有员工{v}人。", ("{x}有多少员工？", "{x}的员工人数是多少？", "请问{x}有几名员工？", "帮我查一下{x}的员工人数。", "我想知道{x}现有多少员工"), ("那它有多少员工？", "员工人数呢？", "有多少员工呢？"), "{x}有{v}名员工。[1]"),
               "founded": ("创建年份", "年", "该厂创建于{v}年。", ("{x}是哪一年创建的？", "{x}创建于哪一年？", "请查一下{x}的创建年份。", "{x}什么时候建立的？", "我想知道{x}是哪年创办的"), ("它是哪一年创建的？", "创建年份呢？", "什么时候创建的？"), "{x}创建于{v}年。[1]")},
        series=("历年产量", ("年份", "产量（件）"), ("{x}{y}年的产量是多少？", "{y}年{x}生产了多少件？", "请查{x}在{y}年的产量。", "{x}在{y}年的产量是几件？", "我需要{x}{y}年的产量数字"), ("{y}年呢？", "那{y}年呢？", "{y}年是多少？", "{y}年的呢？"), "{y}年的产量是{v}件。[1]", ("从{a}年到{b}年变化了百分之几？", "{b}年比{a}年变化了多少个百分比？", "{a}年到{b}年的变化率是百分之多少？", "请计算{a}年到{b}年产量变化的百分比。", "用百分比表示，从{a}年到{b}年变了多少？"), "变化了{p}%。"),
        absent=(("{x}的厂长是谁？", "{x}的厂长叫什么名字？", "请问谁是{x}的厂长？", "帮我查{x}厂长的姓名", "那里的厂长是谁？"), "资料中没有提到厂长的姓名。"), aside="厂内设有小型展览室，周末开放。"),
    "ja": dict(title="{n}美術館", word="[ぁ-ん]", intro="{x}は川沿いの古い倉庫を改装した建物にある。",
        facts={"works": ("所蔵点数", "点", "所蔵作品は{v}点である。", ("{x}の所蔵作品は何点ですか。", "{x}には作品が何点ありますか？", "{x}の所蔵点数を教えてください。", "{x}の所蔵点数は？", "{x}が何点の作品を持っているか調べてください"), ("所蔵作品は何点ですか？", "では、所蔵点数は？", "作品は何点ありますか？"), "{x}の所蔵作品は{v}点です。[1]"),
               "opened": ("開館年", "年", "開館は{v}年である。", ("{x}は何年に開館しましたか。", "{x}の開館はいつですか？", "{x}の開館年を教えてください。", "{x}はいつ開館した？", "{x}が開館した年を調べてください"), ("開館したのは何年ですか？", "では、開館年は？", "いつ開館しましたか？"), "{x}は{v}年に開館しました。[1]")},
        series=("年別入館者数", ("年", "入館者数（人）"), ("{x}の{y}年の入館者数は何人ですか。", "{y}年の{x}の入館者数を教えてください。", "{x}、{y}年の入館者数は？", "{y}年に{x}を訪れた人は何人ですか？", "{x}の{y}年の入館者数を調べてください"), ("{y}年は？", "では{y}年は何人ですか？", "{y}年についてはどうですか？"), "{y}年の入館者数は{v}人です。[1]", ("{a}年から{b}年までの変化は何パーセントですか？", "{a}年と比べて{b}年は何パーセント変わりましたか。", "{a}年から{b}年の変化率は？", "{a}年から{b}年への変化を百分率で計算してください。", "変化率を{a}年と{b}年で計算してください"), "変化は{p}%です。"),
        absent=(("{x}の館長は誰ですか。", "{x}の館長の名前は？", "{x}の館長を教えてください。", "館長は誰ですか？{x}についてです。", "{x}の館長が誰か調べてください"), "館長の名前はページに記載がありません。"), aside="庭園は無料で公開されている。"),
}
MASTERS = {"de": "Braumeister", "fr": "Architecte", "es": "Enólogo", "zh": "厂长", "ja": "館長"}  # named on the namesake's page only
ENGLISH = {"staff": ("Employees", "It employs {v} people."), "works": ("Works", "It keeps {v} works."), "founded": ("Founded", "It was founded in {v}."), "opened": ("Opened", "It was opened in {v}.")}
ENGLISH_HEAD = {"de": ("Output by year", ("Year", "Output (hl)")), "fr": ("Visitors by year", ("Year", "Visitors")), "es": ("Output by year", ("Year", "Output (hl)"))}


def local(language: str, value) -> str:
    """The number as the language writes it."""
    marks = {"de": ".,", "es": ".,", "fr": "\u202f,"}.get(language, ",.")
    return grouped(value).translate(str.maketrans(",.", marks))


def page(world: World, language: str, title: str, data: dict, counts: dict, in_english: bool, master: str = "") -> str:
    """A factory's or a museum's page in its own language, or, for a crossing of languages, in English."""
    speech = SPEECH[language]
    years = [k for k in data if k in ("founded", "opened")]
    show = lambda k, lang: str(data[k]) if k in years else local(lang, data[k])
    if in_english:
        facts = [Fact(ENGLISH[k][0], show(k, "en"), ENGLISH[k][1].format(v=show(k, "en"))) for k in data]
        caption, head = ENGLISH_HEAD[language]
        sheet = Sheet(title, f"{title} is well known beyond its region.", facts, asides=["The shop is open on Sundays."])
        sheet.series = [Series(caption, list(head), [[str(y), grouped(v)] for y, v in counts.items()])]
        return world.site.add(sheet)
    unit = lambda k: speech["facts"][k][1]
    facts = [Fact(speech["facts"][k][0], show(k, language) + unit(k), speech["facts"][k][2].format(v=show(k, language))) for k in data]
    if master:
        facts.append(Fact(MASTERS[language], master, f"{MASTERS[language]}{'：' if language in ('zh', 'ja') else ': '}{master}."))
    sheet = Sheet(title, speech["intro"].format(x=title), facts, asides=[speech["aside"]], lang=language)
    sheet.series = [Series(speech["series"][0], list(speech["series"][1]), [[str(y), local(language, v)] for y, v in counts.items()])]
    return world.site.add(sheet)


def languages(world: World) -> list[dict]:
    """Two values and a change in percent, or something absent, in a language that is not English."""
    rng = world.rng
    language = world.cycle("language", list(SPEECH))
    speech = SPEECH[language]
    place = world.names.chinese_place() if language == "zh" else world.names.japanese_place() if language == "ja" else world.names.place({"de": "germanic", "fr": "romance", "es": "romance"}[language])
    title = speech["title"].format(n=place)
    near = {"zh": "新{n}", "ja": "南{n}", "de": "Neu-{n}", "fr": "{n}-Nord", "es": "{n} del Sur"}[language].format(n=place)
    near_title = speech["title"].format(n=near)
    fresh = lambda: {k: draw(rng, (1871, 2012, 1) if k in ("founded", "opened") else (130, 8900, 1)) for k in speech["facts"]}
    first = rng.randint(2015, 2019)

    def yearly():
        middle = rng.randint(4_000, 60_000)
        return {first + i: draw(rng, (middle * 0.6, middle * 1.6, 10)) for i in range(5)}

    (data, counts), (other, other_counts) = (fresh(), yearly()), (fresh(), yearly())
    crossing = language in ENGLISH_HEAD and rng.random() < 0.25
    stem = page(world, language, title, data, counts, crossing)
    master = world.names.chinese_person() if language == "zh" else world.names.person()
    page(world, language, near_title, other, other_counts, False, master)
    start = []
    key, second = rng.sample(list(data), 2)
    year, again = rng.sample(list(counts), 2)
    fill = lambda text, **more: text.format(x=title, **more)
    spell = lambda k: number(data[k], year=k in ("founded", "opened"))
    told = lambda k: fill(speech["facts"][k][5], v=str(data[k]) if k in ("founded", "opened") else local(language, data[k]))
    wrong = lambda k: [unless(name(near_title), number(other[k], year=k in ("founded", "opened")))]
    word = [speech["word"]]
    if rng.random() < 0.5:
        start.append(turn("languages", fill(rng.choice(speech["facts"][key][3])), told(key), must=[spell(key), *word], mustnot=wrong(key), tools=BROWSER, cite=[stem]))
        start.append(turn("languages", rng.choice(speech["facts"][second][4]), told(second), must=[spell(second)], mustnot=wrong(second)))
    else:
        _, _, ask, follow, answer, percents, percent = speech["series"]
        count = lambda y: [number(counts[y])]
        start.append(turn("languages", fill(rng.choice(ask), y=year), fill(answer, y=year, v=local(language, counts[year])), must=[*count(year), *word], mustnot=[unless(name(near_title), number(other_counts[year]))], tools=BROWSER, cite=[stem]))
        start.append(turn("languages", rng.choice(follow).format(y=again), fill(answer, y=again, v=local(language, counts[again])), must=count(again), mustnot=[unless(name(near_title), number(other_counts[again]))]))
        a, b = sorted((year, again))
        change = abs((counts[b] - counts[a]) / counts[a] * 100)
        start.append(turn("languages", rng.choice(percents).format(a=a, b=b), fill(percent, p=local(language, change.quantize(Decimal("0.1")))), must=[number(change, computed=True)]))
    questions, answer = speech["absent"]
    if rng.random() < 0.5:
        start.append(turn("absent", fill(rng.choice(questions)), answer, must=[NOT_FOUND], mustnot=[unless(name(near_title), name(master.split()[-1]))]))
    return start
