"""Kinds that need no page: calculations in words, plain talk, code."""
import datetime
from decimal import Decimal

from .checks import PLAIN_TALK, any_of, date, name, number, sure, turn
from .world import World, draw, grouped

LEAKS = ["1,280", "1280"]


def calc_turn(q, gold, value, figures=True, unit="", **more):
    return turn("calc", q, gold, must=[number(value, computed=True)], figures=sure(value) if figures else None, nopng_text=LEAKS, **more)


def calc(world: World) -> list[dict]:
    """A calculation told in words, and one or two that go on from its result."""
    maker = world.rng.choice((percentage, conversion, shopping, interest, days, average, speed))
    return maker(world.rng)


def percentage(rng):
    rate, base, plus = Decimal(rng.choice((7, 12, 17, 23, 38))) + Decimal(rng.choice(("0", "0.5"))), draw(rng, (310, 9800, 1)), draw(rng, (11, 260, 1))
    value = rate * base / 100 + plus
    again = Decimal(rng.choice((14, 19, 26, 31, 44)))
    second, divisor = again * base / 100 + plus, rng.choice((3, 4, 6, 7))
    q = rng.choice((f"Take {rate}% of {grouped(base)} and add {plus}: what do you get?", f"What is {rate} percent of {grouped(base)}, plus {plus}?", f"{rate}% of {base}, and then {plus} more?", f"I need {plus} added to {rate} percent of {grouped(base)}", f"Calculate {rate}% of {grouped(base)} and increase the result by {plus}"))
    return [calc_turn(q, f"{rate}% of {grouped(base)} plus {plus} is {value:,.2f}.", value),
            calc_turn(rng.choice((f"and with {again}%?", f"the same with {again} percent?", f"What if it is {again}% instead?", f"now with {again}%", f"How much would it be with {again} percent?")), f"With {again}% it is {second:,.2f}.", second),
            calc_turn(rng.choice((f"Divide that by {divisor}", f"and divided by {divisor}?", f"now a share of it, split into {divisor} equal parts", f"split this among {divisor}", f"what is that over {divisor}?")), f"{second / divisor:,.2f}", second / divisor)]


CONVERSIONS = (("pounds", "kilograms", "0.45359237", ("0.4536", "0.454")), ("miles", "kilometres", "1.609344", ("1.609", "1.61")), ("inches", "centimetres", "2.54", ()), ("feet", "metres", "0.3048", ("0.305",)), ("US gallons", "litres", "3.785411784", ("3.785",)), ("kilometres", "miles", "0.621371192", ("0.6214", "0.621")), ("kilograms", "pounds", "2.20462262", ("2.2046", "2.205")))


def conversion(rng):
    source, goal, factor, rough = rng.choice(CONVERSIONS)
    one, two = draw(rng, (13, 420, 0.1)), draw(rng, (22, 690, 1))
    out = lambda v: any_of(*(number(v * Decimal(f), computed=True) for f in (factor, *rough)))
    told = lambda v: f"{grouped(v)} {source} are {v * Decimal(factor):,.2f} {goal}."
    q = rng.choice((f"Convert {one} {source} to {goal}", f"How many {goal} are {one} {source}?", f"{one} {source} in {goal}?", f"What is {one} {source} in {goal}", f"I have {one} {source}, how much is that in {goal}?"))
    return [turn("calc", q, told(one), must=[out(one)], nopng_text=LEAKS, figures=sure(one * Decimal(factor))),
            turn("calc", rng.choice((f"and {two}?", f"And {two} {source}?", f"what about {two}?", f"the same for {two} {source}", f"now {two} {source}, please")), told(two), must=[out(two)], nopng_text=LEAKS)]


def shopping(rng):
    goods = rng.sample(("pens", "notebooks", "folders", "candles", "mugs", "towels", "bulbs"), 2)
    counts, prices = [rng.randint(3, 19), rng.randint(4, 23)], [draw(rng, (1, 24, 0.1)), draw(rng, (2, 31, 0.1))]
    total = counts[0] * prices[0] + counts[1] * prices[1]
    off = rng.choice((5, 8, 12, 15))
    people = rng.choice((3, 4, 6))
    less = total * (100 - off) / 100
    a, b = f"{counts[0]} {goods[0]} at {prices[0]:.2f}", f"{counts[1]} {goods[1]} at {prices[1]:.2f}"
    q = rng.choice((f"I buy {a} each and {b} each. What do I pay?", f"{a} and {b} apiece: total?", f"What is the sum of the bill for {a} and {b} each?", f"How much do {a} each and {b} each cost together?", f"My basket has {a} each, plus {b} each. How much is it in all?"))
    return [calc_turn(q, f"You pay {total:,.2f}.", total),
            calc_turn(rng.choice((f"and with {off}% off?", f"now take off {off} percent", f"There is a discount of {off}%. What is left to pay?", f"with a rebate of {off}%, how much?", f"I get {off} percent off, so?")), f"With {off}% off it is {less:,.2f}.", less),
            calc_turn(rng.choice((f"We are {people} and split it evenly: how much for each?", f"divide that among {people} people", f"and for each of {people} of us?", f"how much is that for each of {people} persons?", f"split this between {people}")), f"Each pays {less / people:,.2f}.", less / people)]


def interest(rng):
    base, rate, years = draw(rng, (1300, 24000, 50)), Decimal(rng.choice(("2.5", "3", "3.5", "4", "4.5", "6"))), rng.randint(3, 9)
    value = base * (1 + rate / 100) ** years
    more = years + rng.randint(2, 6)
    later = base * (1 + rate / 100) ** more
    exact = lambda v: number(v.quantize(Decimal("0.0001")), computed=True)
    q = rng.choice((f"I put {grouped(base)} into an account at {rate}% a year with compound interest. How much is there after {years} years?", f"What do {grouped(base)} grow to in {years} years at {rate} percent a year, compounded yearly?", f"{grouped(base)} at {rate}% compound interest for {years} years?", f"If a sum of {grouped(base)} grows by {rate}% every year, what is it after {years} years?", f"Compute the value after {years} years of {grouped(base)} that earn {rate}% a year, interest added each year"))
    return [turn("calc", q, f"After {years} years there are {value:,.2f}.", must=[exact(value)], figures=sure(value), nopng_text=LEAKS),
            turn("calc", rng.choice((f"and after {more} years?", f"what about {more} years?", f"the same for {more} years?", f"And if I wait {more} years?", f"how much would it be in {more} years")), f"After {more} years: {later:,.2f}.", must=[exact(later)], nopng_text=LEAKS)]


def days(rng):
    start = datetime.date(rng.randint(2018, 2024), rng.randint(1, 12), rng.randint(1, 28))
    gap = rng.randint(70, 900)
    end, more = start + datetime.timedelta(days=gap), rng.randint(30, 200)
    spell = lambda d: f"{d.day} {d:%B %Y}"
    due = end + datetime.timedelta(days=more)
    q = rng.choice((f"How many days are there from {spell(start)} to {spell(end)}?", f"Count the days between {spell(start)} and {spell(end)}", f"days from {spell(start)} until {spell(end)}?", f"I started on {spell(start)} and finished on {spell(end)}. How many days lie between?", f"What is the number of days between {start} and {end}?"))
    return [calc_turn(q, f"{gap:,} days.", gap),
            turn("calc", rng.choice((f"And which date is {more} days after the second one?", f"what date is it {more} days after {spell(end)}?", f"add {more} days to the later date", f"Which day comes {more} days after the end date?", f"{more} days after the second date is when?")), f"That is {spell(due)}.", must=[date(due)])]


def average(rng):
    values = [draw(rng, (12, 980, 1)) for _ in range(rng.randint(4, 7))]
    new = draw(rng, (1050, 1900, 1))
    mean, total = sum(values) / len(values), sum(values)
    again = (total + new) / (len(values) + 1)
    given = ", ".join(map(str, values))
    q = rng.choice((f"What is the mean of {given}?", f"Average of {given}?", f"Here are my readings: {given}. What is their average?", f"Calculate the arithmetic mean of these numbers: {given}", f"my numbers are {given} - what do they average to?"))
    return [calc_turn(q, f"The mean is {mean:,.2f}.", mean),
            calc_turn(rng.choice(("and the sum?", "What do they add up to?", "what is their sum?", "the total of them?", "now add them all up")), f"The sum is {total:,}.", total),
            calc_turn(rng.choice((f"If I add {new} to the numbers, what is the mean then?", f"and the mean with {new} as one more number?", f"put {new} in as well: new average?", f"Include {new} too. What is the average now?", f"what is the mean when {new} is added to the list?")), f"Then it is {again:,.2f}.", again)]


def speed(rng):
    litres, per = Decimal(rng.randint(21, 64)), Decimal(rng.randint(45, 118)) / 10
    km = (litres / per * 100).quantize(Decimal(1))
    use, price = litres / km * 100, Decimal(rng.randint(142, 219)) / 100
    q = rng.choice((f"A van drives {km} km on {litres} litres of diesel, what is its consumption per 100 km?", f"{litres} litres of petrol took me {km} km. How many litres is that per 100 km?", f"My car needed {litres} litres for {km} kilometres: consumption per 100 km?", f"Consumption per 100 km if {km} km take {litres} litres?", f"With {litres} litres I came {km} km far. What did the car use per 100 km?"))
    return [calc_turn(q, f"It uses {use:.2f} litres per 100 km.", use, figures=False),
            calc_turn(rng.choice((f"A litre costs {price}. What did the {litres} litres cost?", f"and what did the fuel cost in all at {price} a litre?", f"At {price} per litre, how much for the whole trip?", f"how much money is that, at {price} a litre, for the whole way?", f"the litre is {price}, so what was the whole fuel bill?")), f"The fuel cost {litres * price:,.2f}.", litres * price, figures=False)]


def talk_turn(q, gold, must, mustnot=()):
    return turn("talk", q, gold, must=list(must), mustnot=[*PLAIN_TALK, *mustnot])


def talk(world: World) -> list[dict]:
    """Greetings, thanks, small texts to order, explanations, translations: no tool, no sources."""
    return world.rng.choice((greeting, poem, letter, explain, translate, rewrite))(world)


HELP = r"\b(?:help|assist|do for you|can I|may I|what would|glad|nice|welcome|hello|hi)\b"
LINES = r"\w[^\n]*\n+[^\n]*\w[^\n]*\n+[^\n]*\w"


def greeting(world):
    rng = world.rng
    who = world.names.person().split()[0]
    turns = [talk_turn(rng.choice((f"hello, I am {who}", f"Hi! My name is {who}.", f"good morning, {who} here", f"Hey there, this is {who}", f"hello hello, it's {who}")), f"Hello {who}! How can I help you today?", [HELP + "|" + name(who) + "!"])]
    turns[0]["must"] = [r"\b(?:help|assist|do for you|can I|may I|what would|nice to|glad|pleas|welcome|how are)\w*"]
    turns.append(talk_turn(rng.choice(("What is my name?", "do you remember my name?", "who am I?", "what did I say my name was?", "and what's my name again?")), f"Your name is {who}.", [name(who)]))
    turns.append(talk_turn(rng.choice(("thanks, that's all", "Thank you!", "great, thanks", "many thanks", "ok thanks")), "You're welcome! Have a good day.", [r"welcome|pleasure|glad|happy|any ?time|bye|no problem|good day|nice day|great day|wonderful day|take care|enjoy|good luck|all the best"]))
    return turns


def poem(world):
    rng = world.rng
    about, stem, lines = rng.choice((("a rusty bicycle", "bicycle|rust|wheel|pedal", "A rusty bicycle leans on the wall,\nits wheels remember the summer, the road,\nits bell still hopes for the tiniest call,\nits basket still waits for a load."), ("the sea in winter", "sea|wave|winter|ocean|shore", "The winter sea is grey and wide,\nit speaks to no one on the shore,\nit turns and turns from side to side\nand wants the summer sun once more."), ("my grandmother's kitchen", "grandm|kitchen", "In grandmother's kitchen the kettle sings,\nthe bread is warm, the window white,\nand all the small and quiet things\nare waiting for the evening light."), ("a lost umbrella", "umbrella|rain", "My umbrella stayed behind on a train,\nit travels alone through the land,\nand somebody else is dry in the rain\nwith its wooden duck's head in hand.")))
    word, (clue, changed) = rng.choice((("moon", ("moon", "And over all of it the moon.")), ("clock", ("clock", "And somewhere far a clock strikes nine.")), ("candle", ("candle", "And someone lights a candle soon."))))
    return [talk_turn(rng.choice((f"Write a short poem about {about}", f"A poem of four lines about {about}, please", f"can you make up a little poem on {about}?", f"I'd like a few rhymes about {about}", f"Compose a short poem about {about}")), lines, [stem, LINES]),
            talk_turn(rng.choice((f"now with the word {word} in it", f"work the word {word} into it, please", f"Rewrite it so that the word {word} occurs", f"can it mention a {word} too?", f"the same poem, but put a {word} in")), f"{lines}\n{changed}", [clue, LINES])]


def letter(world):
    rng = world.rng
    who, (old, new) = world.names.person(), rng.sample(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"), 2)
    gold = f"Dear {who},\n\nwould it be possible to move our meeting from {old} to {new}? Please tell me whether that suits you.\n\nKind regards"
    polite = r"(?:regards|sincerely|wishes|best|cheers|thank|thanks|yours)"
    return [talk_turn(rng.choice((f"Write a short e-mail to {who} asking to move our meeting from {old} to {new}", f"Draft a mail to {who}: please could we meet on {new} instead of {old}", f"I need a brief, friendly mail to {who}, to shift the meeting from {old} to {new}", f"e-mail to {who}, moving our meeting from {old} to {new}, please", f"Help me write to {who} that I would like to have our meeting on {new} and not on {old}")), gold, [name(who.split()[0]) + "|" + name(who.split()[-1]), new, polite]),
            talk_turn(rng.choice(("make it more formal", "shorter, please", "can you make it a bit friendlier?", "Now in a more formal tone", "cut it to two sentences")), f"Dear {who},\n\nMay I ask whether our meeting could take place on {new} rather than on {old}? With kind regards", [new])]


def explain(world):
    rng = world.rng
    what, words, gold = rng.choice((("why the sky is blue", ["scatter", "blue|short", "light|sun"], "Sunlight is scattered by the molecules of the air, and blue light, being of short wavelength, is scattered most."), ("what photosynthesis is", ["light|sun", "plant|leaves|algae", "carbon dioxide|co\\d|oxygen|sugar|glucose"], "With the energy of light, plants turn carbon dioxide and water into sugar and oxygen."), ("how a lever works", ["force|effort", "fulcrum|pivot|distance|arm"], "A lever turns around a fulcrum: a small force on the long arm balances a large one on the short arm."), ("why we have seasons", ["tilt|axis|inclin", "sun|orbit"], "The axis of the Earth is tilted, so over its orbit each half gets more or less of the sun."), ("what inflation means", ["price", "money|goods|purchas|services"], "Inflation is a general rise of prices: money buys fewer goods than before."), ("what a black hole is", ["gravit", "light|escape|mass"], "A black hole is a region whose gravity is so strong that not even light can escape.")))
    kid = talk_turn(rng.choice(("Explain it to a child of six", "now so that a small child understands it", "simpler, please", "and in simple words for a six-year-old?", "put it more simply")), gold, [any_of(*words)])
    return [talk_turn(rng.choice((f"Explain in two sentences {what}", f"Can you tell me briefly {what}?", f"Tell me in short {what}", f"I never understood {what}. Two sentences, please.", f"please explain {what}, in a few words")), gold, words), kid]


def translate(world):
    rng = world.rng
    english, other = rng.choice((("Good night", {"Spanish": "buenas noches", "German": "gute nacht", "French": "bonne nuit", "Italian": "buona ?notte"}), ("Thank you very much", {"Spanish": "muchas gracias", "German": "vielen dank|danke", "French": "merci", "Italian": "grazie"}), ("The water is cold", {"Spanish": "agua.{0,8}fr[ií]a", "German": "wasser.{0,8}kalt", "French": "eau.{0,8}froide", "Italian": "acqua.{0,8}fredda"}), ("I am hungry", {"Spanish": "tengo hambre|hambrient", "German": "hunger|hungrig", "French": "faim", "Italian": "fame|affamat"})))
    gold = {"buona ?notte": "Buona notte", "vielen dank|danke": "Vielen Dank", "agua.{0,8}fr[ií]a": "El agua está fría", "wasser.{0,8}kalt": "Das Wasser ist kalt", "eau.{0,8}froide": "L'eau est froide", "acqua.{0,8}fredda": "L'acqua è fredda", "tengo hambre|hambrient": "Tengo hambre", "hunger|hungrig": "Ich habe Hunger", "faim": "J'ai faim", "fame|affamat": "Ho fame"}
    one, two = rng.sample(list(other), 2)
    say = lambda language: gold.get(other[language], other[language].capitalize())
    return [talk_turn(rng.choice((f'How do you say "{english}" in {one}?', f'Translate "{english}" into {one}', f'"{english}" in {one}, please', f'what is "{english}" in {one}?', f'I want to say "{english}" in {one}')), f"{say(one)}.", [other[one]]),
            talk_turn(rng.choice((f"and in {two}?", f"And {two}?", f"what about {two}?", f"now in {two}", f"the same in {two}, please")), f"{say(two)}.", [other[two]])]


def rewrite(world):
    rng = world.rng
    who, place, day = world.names.person(), world.names.place(), rng.choice(("Monday", "Wednesday", "Saturday"))
    thing = rng.choice(("bakery", "bookshop", "workshop", "kindergarten"))
    note = f"{who} opened a {thing} in {place} last {day}. In spite of the rain many neighbours came, there was cake for everybody, and a brass band played until the evening. The {thing} will be open on six days of the week."
    return [talk_turn(rng.choice((f"Sum this up in one sentence: {note}", f"One sentence, please: {note}", f"{note} Shorten this to one sentence.", f"Summarise the following text in a single sentence. {note}", f"tl;dr? {note}")), f"{who} has a new {thing} in {place}, and many came to see it.", [any_of(name(who.split()[-1]), thing), any_of(name(place), "open|new|start")], [rf"{note[-60:]}"]),
            talk_turn(rng.choice((f"Give it a headline", "and a title for it?", "now a headline, please", "what could be the headline?", "suggest a short headline for the local paper")), f"New {thing} for {place}", [any_of(thing, name(place), name(who.split()[-1]))])]


def code_turn(q, gold, must, **more):
    return turn("code", q, gold, must=must, mustnot=["Sources:", "did not get to an answer"], **more)


def code(world: World) -> list[dict]:
    """A function to write, and a change of it or a question about it."""
    rng = world.rng
    return rng.choice((word_count, fizz, clamp, bash_line, query, unique))(rng)


def ask_for(rng, what, language="Python"):
    return rng.choice((f"Write a {language} function {what}", f"I need a function in {language} {what}", f"{language} function {what}, please", f"Can you write me a {language} function {what}?", f"Show me a {language} function {what}"))


def javascript(rng):
    return rng.choice(("and in JavaScript?", "now in JavaScript, please", "Can you write the same in JavaScript?", "translate it to JavaScript", "the JavaScript version?"))


JS = r"function\b|=>|\b(?:const|let)\b"


def word_count(rng):
    letter = rng.choice("aeiost")
    return [code_turn(ask_for(rng, f"that counts how often the letter {letter} occurs in a text, ignoring case"), f"```python\ndef count_letter(text):\n    return text.lower().count('{letter}')\n```", [r"def \w+\(", r"\breturn\b", r"lower\(|casefold\(|upper\(|IGNORECASE", f"['\"]{letter}['\"]|letter"]),
            code_turn(javascript(rng), f"```javascript\nfunction countLetter(text) {{\n  return text.toLowerCase().split('{letter}').length - 1;\n}}\n```", [JS, r"\breturn\b|=>", r"toLowerCase|toUpperCase|/g?ig?"])]


def fizz(rng):
    one, two = rng.sample((3, 4, 5, 7, 9), 2)
    words = rng.sample(("Ping", "Pong", "Tick", "Tock", "Hop"), 2)
    top = rng.choice((30, 40, 60))
    gold = f'```python\nfor n in range(1, {top + 1}):\n    text = ("{words[0]}" if n % {one} == 0 else "") + ("{words[1]}" if n % {two} == 0 else "")\n    print(text or n)\n```'
    q = rng.choice((f"Write a Python program that prints the numbers from 1 to {top}, but {words[0]} for multiples of {one}, {words[1]} for multiples of {two}, and both words for multiples of both", f"Python: count from 1 to {top}; say {words[0]} if {one} divides the number, {words[1]} if {two} does, both if both do", f"I need Python code for a FizzBuzz up to {top}, with {words[0]} for {one} and {words[1]} for {two}", f"FizzBuzz in Python please, 1 to {top}, {one} is {words[0]}, {two} is {words[1]}", f"Show me a Python loop over 1 to {top} that prints {words[0]} for numbers divisible by {one} and {words[1]} for those divisible by {two} (both for both)"))
    return [code_turn(q, gold, [r"\bfor\b|\bwhile\b", rf"% ?{one}\b|% ?{one * two}", rf"% ?{two}\b", r"\bprint\b|\breturn\b|yield", words[0], words[1]]),
            code_turn(javascript(rng), f'```javascript\nfor (let n = 1; n <= {top}; n++) {{\n  const text = (n % {one} ? "" : "{words[0]}") + (n % {two} ? "" : "{words[1]}");\n  console.log(text || n);\n}}\n```', [JS, rf"% ?{two}\b", rf"\b(?:{top}|{top + 1})\b", r"console\.log|return|push"])]


def clamp(rng):
    low, high = rng.randint(2, 9), rng.randint(41, 97)
    over = high + rng.randint(5, 60)
    named = rng.choice(("clamp", "limit", "bound"))
    return [code_turn(ask_for(rng, f"called {named} that keeps a number between {low} and {high}"), f"```python\ndef {named}(x):\n    return max({low}, min({high}, x))\n```", [rf"def {named}\(", r"\breturn\b", rf"\b{low}\b", rf"\b{high}\b"]),
            code_turn(rng.choice((f"What does it return for {over}?", f"and for {over}, what comes out?", f"which value do I get for {over}?", f"If I call it with {over}, what is the result?", f"what is {named}({over})?")), f"For {over} it returns {high}.", [number(high)])]


def bash_line(rng):
    ending, folder = rng.choice(("log", "txt", "csv", "md")), rng.choice(("reports", "archive", "inbox", "drafts"))
    return [code_turn(rng.choice((f"Which shell command counts the .{ending} files in the folder {folder}?", f"bash: how do I count all .{ending} files in {folder}?", f"Give me a one-liner in bash that counts the files ending in .{ending} under {folder}", f"I want to count .{ending} files in {folder} from the command line (Linux)", f"shell command for the number of *.{ending} files in {folder}, please")), f"```bash\nfind {folder} -name '*.{ending}' | wc -l\n```", [r"\b(?:find|ls)\b", rf"\.{ending}", r"wc|grep -c|--count", folder]),
            code_turn(rng.choice(("and how do I delete those older than 30 days?", "now delete those that are older than 30 days", "How would I remove the ones that haven't changed for 30 days?", "and a command to remove those not changed in the last 30 days?", "delete the ones older than 30 days, how?")), f"```bash\nfind {folder} -name '*.{ending}' -mtime +30 -delete\n```", [r"\bfind\b", r"-mtime|-mmin|-newer", r"-delete|\brm\b"])]


def query(rng):
    table, group, amount = rng.choice((("orders", "customer", "price"), ("visits", "city", "duration"), ("payments", "member", "sum_paid"), ("shifts", "nurse", "hours")))
    bound = draw(rng, (110, 900, 1))
    return [code_turn(rng.choice((f"Write an SQL query for the total {amount} of each {group} in the table {table}", f"SQL: sum of {amount} by {group}, table {table}", f"How do I get the sum of {amount} per {group} from {table} in SQL?", f"I need SQL that adds up {amount} for every {group} of {table}", f"SQL query please: {table} grouped by {group}, with the sum of {amount}")), f"```sql\nSELECT {group}, SUM({amount}) AS total\nFROM {table}\nGROUP BY {group};\n```", [r"\bselect\b", rf"sum ?\(\W?(?:\w+\.)?{amount}", rf"from\s+\W?{table}", rf"group\s+by\s+\W?(?:\w+\.)?{group}"]),
            code_turn(rng.choice((f"only those with a total above {bound}", f"and keep only totals over {bound}", f"now just the ones whose total is more than {bound}", f"restrict it to totals greater than {bound}", f"how do I leave out totals of {bound} or less?")), f"```sql\nSELECT {group}, SUM({amount}) AS total\nFROM {table}\nGROUP BY {group}\nHAVING SUM({amount}) > {bound};\n```", [r"\bhaving\b|with\b|\bfrom\s*\(", rf"> ?{bound}|>= ?{bound + 1}"])]


def unique(rng):
    what, item = rng.choice((("names", "names"), ("numbers", "numbers"), ("words", "words")))
    return [code_turn(ask_for(rng, f"that removes duplicates from a list of {what} and keeps the order"), f"```python\ndef unique({item}):\n    return list(dict.fromkeys({item}))\n```", [r"def \w+\(", r"\breturn\b|\byield\b", r"fromkeys|not in|set\(|OrderedDict"]),
            code_turn(rng.choice(("add type hints", "now with type hints, please", "Can you add type annotations?", "put in type hints", "the same, typed")), f"```python\ndef unique({item}: list) -> list:\n    return list(dict.fromkeys({item}))\n```", [r"def \w+\([^)]*:", r"->"])]
