from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.assessments.rules.words import count_words, normalise, read_date, read_number
from lms.kernel.words import fold_digits

LANGUAGES = ["en", "fr", "ar"]
SIGNS = st.text(
    st.one_of(
        st.sampled_from("aàÉœ'’´.,،٬٫ /-–0123456789٠٥۵ ـءأإآٱؤئىةالـًّٰ\u200d\u200f\u00a0\u202f\u0301\u0308١"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=24,
)

ALIKE = [
    ("en", "Immediate objective", "immediate OBJECTIVE"),
    ("en", "the immediate objective", "immediate objective"),
    ("en", "An objective", "objective"),
    ("en", "a wider  purpose ", "wider purpose"),
    ("en", "wider purpose.", "wider purpose"),
    ("en", "“wider purpose”", "wider purpose"),
    ("en", "wider-purpose", "wider purpose"),
    ("en", "wider – purpose", "wider purpose"),
    ("en", "wider—purpose", "wider purpose"),
    ("en", "women's network", "women’s network"),
    ("en", "women´s network", "womens network"),
    ("en", "U.N.", "UN"),
    ("en", "Bürgenstock", "Burgenstock"),
    ("en", "naïve", "naïve"),
    ("en", "cease\u00adfire", "ceasefire"),
    ("en", "cease\u200bfire", "ceasefire"),
    ("en", "ﬁghting stopped", "fighting stopped"),
    ("en", "ＵＮ", "un"),
    ("en", "2,855", "2855"),
    ("en", "2 855", "2855"),
    ("en", "2\u202f855", "2855"),
    ("en", "٢٬٨٥٥", "2855"),
    ("en", "۲۸۵۵", "2,855"),
    ("en", "16.70", "16.7"),
    ("en", "16.7 %", "16,7"),
    ("en", "8 January 2019", "08 january, 2019"),
    ("en", "2019-01-08", "2019 1 8"),
    ("en", "27.07.1953", "27/7/1953"),
    ("en", "aid/talks", "aid, talks"),
    ("fr", "L’objectif immédiat", "objectif immediat"),
    ("fr", "l'objectif", "l’ objectif"),
    ("fr", "L´objectif", "Objectif"),
    ("fr", "la finalité sous-jacente", "FINALITE SOUS JACENTE"),
    ("fr", "les violences", "violences"),
    ("fr", "un but", "but"),
    ("fr", "une pause", "pause"),
    ("fr", "des pauses", "pauses"),
    ("fr", "le vœu", "voeu"),
    ("fr", "Nævus", "naevus"),
    ("fr", "« arrêt »", "arret"),
    ("fr", "cessez‑le‑feu", "cessez le feu"),
    ("fr", "aujourd’hui", "aujourd'hui"),
    ("fr", "2 855", "2.855"),
    ("fr", "16,7", "16.7"),
    ("fr", "ŒUVRE", "oeuvre"),
    ("fr", "garçon", "GARCON"),
    ("ar", "الهدف المباشر", "هدف مباشر"),
    ("ar", "الهَدَفُ المُبَاشِر", "الهدف المباشر"),
    ("ar", "الهـــدف", "الهدف"),
    ("ar", "إطلاق", "اطلاق"),
    ("ar", "أطراف", "اطراف"),
    ("ar", "آليات", "اليات"),
    ("ar", "ٱلهدف", "الهدف"),
    ("ar", "مسؤول", "مسوول"),
    ("ar", "رئيس", "رييس"),
    ("ar", "العدائية", "العداييه"),
    ("ar", "الأعداء", "الاعدا"),
    ("ar", "مستوى", "مستوي"),
    ("ar", "هدنة", "هدنه"),
    ("ar", "هٰذا", "هذا"),
    ("ar", "٢٨٥٥", "2855"),
    ("ar", "٢٬٨٥٥", "2855"),
    ("ar", "۲۸۵۵", "٢٨٥٥"),
    ("ar", "١٦٫٧", "16,7"),
    ("ar", "هدف\u200fمباشر", "هدفمباشر"),
    ("ar", "الغرض، الأوسع؟", "غرض أوسع"),
    ("ar", "«الغرض الأوسع»", "الغرض الأوسع"),
    ("ar", "ﻻ", "لا"),
    ("ar", "اليد", "يد"),
    ("ar", "الألف", "ألف"),
    ("ar", "کتاب", "كتاب"),
    ("ar", "المباشری", "المباشري"),
    ("en", "هدنة إنسانية", "هدنه انسانيه"),
    ("ar", "Ceasefire", "CEASEFIRE"),
    ("es", "Acción", "accion"),
]

APART = [
    ("en", "immediate objective", "underlying objective"),
    ("en", "objective", "objectives"),
    ("en", "16.7", "167"),
    ("en", "1.234", "1,234"),
    ("en", "10, 100", "10100"),
    ("en", "10-100", "10,100"),
    ("en", "nine", "9"),
    ("en", "8 January 2019", "8 January 2018"),
    ("en", "the", ""),
    ("en", "a", ""),
    ("en", "aid the talks", "aid talks"),
    ("fr", "1,234", "1.234"),
    ("fr", "la", "le"),
    ("fr", "aide", "armée"),
    ("ar", "هدف", "غرض"),
    ("ar", "إلى", "إلا"),
    ("ar", "وقف", "توقف"),
    ("ar", "١٦٫٧", "١٦٧"),
    ("en", "l'aide", "aide"),
    ("en", "الهدف", "هدف"),
]


@pytest.mark.parametrize(("language", "one", "other"), ALIKE)
def test_these_are_the_same_words(language, one, other):
    assert normalise(one, language) == normalise(other, language) != ""


@pytest.mark.parametrize(("language", "one", "other"), APART)
def test_these_are_not_the_same_words(language, one, other):
    assert normalise(one, language) != normalise(other, language)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("text", ["", " ", "…", "?!", "«»", "'", "\u200f", "ـ", "،", "--", "٫", "\u00a0"])
def test_marks_alone_are_no_words(language, text):
    assert normalise(text, language) == ""


@given(SIGNS, st.sampled_from([*LANGUAGES, "es"]))
def test_normalising_twice_changes_nothing_more(text, language):
    once = normalise(text, language)
    assert normalise(once, language) == once


@given(SIGNS, st.sampled_from(LANGUAGES))
def test_normalised_words_have_single_blanks_between_and_none_around(text, language):
    words = normalise(text, language)
    assert words == " ".join(words.split())


@pytest.mark.parametrize("digits", ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹", "0123456789", "०१२३४५६७८९"])
def test_digits_of_every_script_are_folded(digits):
    assert fold_digits(f"a{digits}b") == "a0123456789b"


@pytest.mark.parametrize("text", ["²", "½", "a", "", "هدنة"])
def test_what_is_no_decimal_digit_is_not_folded(text):
    assert fold_digits(text) == text


NUMBERS = [
    ("en", "306,000", "306000"),
    ("en", "306 000", "306000"),
    ("en", "306\u00a0000", "306000"),
    ("en", "306\u202f000", "306000"),
    ("en", "306\u2009000", "306000"),
    ("en", "306'000", "306000"),
    ("en", "306’000", "306000"),
    ("en", "306000", "306000"),
    ("en", "1,234", "1234"),
    ("en", "1,234,567", "1234567"),
    ("en", "1,234.5", "1234.5"),
    ("en", "1.234,5", "1234.5"),
    ("en", "1.234.567", "1234567"),
    ("en", "1.234", "1.234"),
    ("en", "16.7", "16.7"),
    ("en", "16,7", "16.7"),
    ("en", "0,500", "0.5"),
    ("en", ".5", "0.5"),
    ("en", "16.7%", "16.7"),
    ("en", "16.7 %", "16.7"),
    ("en", "% 16.7", "16.7"),
    ("en", "16.7 per cent", "16.7"),
    ("en", "16.7 Percent", "16.7"),
    ("en", "-5", "-5"),
    ("en", "−5", "-5"),
    ("en", "– 5", "-5"),
    ("en", "+5", "5"),
    ("en", "0", "0"),
    ("en", "-0", "0"),
    ("en", "007", "7"),
    ("en", "2855.", "2855"),
    ("en", "  90 ", "90"),
    ("en", "٣٠٦٬٠٠٠", "306000"),
    ("en", "١٦٫٧", "16.7"),
    ("en", "٢٨٥٥", "2855"),
    ("fr", "306 000", "306000"),
    ("fr", "306.000", "306000"),
    ("fr", "1,234", "1.234"),
    ("fr", "1.234", "1234"),
    ("fr", "1,234,567", "1234567"),
    ("fr", "1 234,5", "1234.5"),
    ("fr", "16,7 %", "16.7"),
    ("fr", "16,7 pour cent", "16.7"),
    ("fr", "16.7", "16.7"),
    ("ar", "٣٠٦٬٠٠٠", "306000"),
    ("ar", "٣٠٦ ٠٠٠", "306000"),
    ("ar", "٣٠٦٠٠٠", "306000"),
    ("ar", "۳۰۶٬۰۰۰", "306000"),
    ("ar", "١٦٫٧", "16.7"),
    ("ar", "١٦،٧", "16.7"),
    ("ar", "16,7", "16.7"),
    ("ar", "١٦٫٧٪", "16.7"),
    ("ar", "١٦٫٧ في المئة", "16.7"),
    ("ar", "١٦٫٧ في المائة", "16.7"),
    ("ar", "١٦٫٧ بالمئة", "16.7"),
    ("ar", "\u200f-٥", "-5"),
    ("ar", "٢٬٨٥٥", "2855"),
]


@pytest.mark.parametrize(("language", "text", "number"), NUMBERS)
def test_a_number_is_read_however_it_is_written(language, text, number):
    assert read_number(text, language) == Decimal(number)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    ["", " ", "-", "nine", "90 days", "1 2 3", "12 34", "1,23,45.6.7", "1e5", "NaN", "inf", "½", "9-10", "%", "--5"],
)
def test_what_is_no_number_is_not_guessed(language, text):
    assert read_number(text, language) is None


@given(st.integers(min_value=-(10**12), max_value=10**12), st.sampled_from(LANGUAGES))
def test_every_whole_number_is_read_back_with_grouping_by_blanks(number, language):
    assert read_number(f"{number:,}".replace(",", "\u202f"), language) == number


@given(st.decimals(min_value=-999999, max_value=999999, places=2))
def test_every_decimal_is_read_back_from_english_french_and_arabic(number):
    english = f"{number:,f}"
    french = english.translate(str.maketrans(",.", " ,"))
    arabic = english.translate(str.maketrans("0123456789,.", "٠١٢٣٤٥٦٧٨٩٬٫"))
    assert read_number(english, "en") == read_number(french, "fr") == read_number(arabic, "ar") == number


@given(SIGNS, st.sampled_from(LANGUAGES))
def test_reading_a_number_or_a_day_never_fails(text, language):
    assert read_number(text, language) is None or isinstance(read_number(text, language), Decimal)
    assert read_date(text, language) is None or isinstance(read_date(text, language), date)


SIGNED = date(1953, 7, 27)
DAYS = [
    ("en", "1953-07-27"),
    ("en", "1953-7-27"),
    ("en", "27 July 1953"),
    ("en", "27 july 1953"),
    ("en", "27 Jul 1953"),
    ("en", "27 Jul. 1953."),
    ("en", "July 27, 1953"),
    ("en", "July 27,1953"),
    ("en", "27th July 1953"),
    ("en", "27th of July, 1953"),
    ("en", "the 27th of July 1953"),
    ("en", "July 27th 1953"),
    ("en", "1953 July 27"),
    ("en", "27/07/1953"),
    ("en", "27/7/1953"),
    ("en", "27.7.1953"),
    ("en", "27-07-1953"),
    ("en", "27 07 1953"),
    ("en", "27 / 7 / 1953"),
    ("en", "1953/07/27"),
    ("en", "٢٧/٠٧/١٩٥٣"),
    ("en", "27July1953"),
    ("fr", "27 juillet 1953"),
    ("fr", "27 JUILLET 1953"),
    ("fr", "le 27 juillet 1953"),
    ("fr", "27 juil. 1953"),
    ("fr", "27/07/1953"),
    ("fr", "27.07.1953"),
    ("fr", "1953-07-27"),
    ("ar", "27 تموز 1953"),
    ("ar", "٢٧ تموز ١٩٥٣"),
    ("ar", "۲۷ تموز ۱۹۵۳"),
    ("ar", "٢٧ تموز/يوليو ١٩٥٣"),
    ("ar", "27 تموز/يوليو 1953"),
    ("ar", "27 يوليو (تموز) 1953"),
    ("ar", "27 يوليو 1953"),
    ("ar", "27 يوليه 1953"),
    ("ar", "27 يولية 1953"),
    ("ar", "27 يوليوز 1953"),
    ("ar", "27 جويلية 1953"),
    ("ar", "27 تمّوز 1953"),
    ("ar", "في 27 تموز 1953"),
    ("ar", "يوم 27 من تموز عام 1953"),
    ("ar", "27 تموز، 1953 م"),
    ("ar", "27يوليو1953"),
    ("ar", "٢٧/٧/١٩٥٣"),
    ("ar", "١٩٥٣-٠٧-٢٧"),
    ("ar", "\u200f27/07/1953"),
    ("es", "27/07/1953"),
]


@pytest.mark.parametrize(("language", "text"), DAYS)
def test_a_day_is_read_however_it_is_written(language, text):
    assert read_date(text, language) == SIGNED


MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "ar": "كانون_الثاني شباط آذار نيسان أيار حزيران تموز آب أيلول تشرين_الأول تشرين_الثاني كانون_الأول",
}
MORE_MONTHS = [
    ("en", "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"),
    ("en", "JAN. FEB. MAR. APR. MAY JUN. JUL. AUG. SEPT. OCT. NOV. DEC."),
    ("fr", "JANVIER FEVRIER MARS AVRIL MAI JUIN JUILLET AOUT SEPTEMBRE OCTOBRE NOVEMBRE DECEMBRE"),
    ("fr", "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc."),
    ("ar", "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر"),
    ("ar", "يناير فبراير مارس إبريل مايو يونيه يوليه اغسطس سبتمبر اكتوبر نوفمبر ديسمبر"),
    ("ar", "يناير فبراير مارس ابريل مايو يونية يولية أغسطس سبتمبر أوكتوبر نوفمبر دسمبر"),
    ("ar", "جانفي فيفري مارس أفريل ماي جوان جويلية أوت سبتمبر أكتوبر نوفمبر ديسمبر"),
    ("ar", "يناير فبراير مارس أبريل ماي يونيو يوليوز غشت شتنبر أكتوبر نونبر دجنبر"),
    ("ar", "كانون_ثاني شباط اذار نيسان ايار حزيران تمّوز اب ايلول تشرين_أول تشرين_ثاني كانون_أول"),
    ("ar", "كانون_ثان شباط آذار نيسان آيار حزيران تموز آب أيلول تشرين_الاول تشرين_ثان كانون_الاول"),
]


@pytest.mark.parametrize(
    ("language", "month", "name"),
    [
        (language, number, name.replace("_", " "))
        for language, names in [*MONTHS.items(), *MORE_MONTHS]
        for number, name in enumerate(names.split(), start=1)
    ],
)
def test_every_month_is_known_by_its_names(language, month, name):
    assert read_date(f"8 {name} 2019", language) == date(2019, month, 8)


@pytest.mark.parametrize(
    ("levant", "other"),
    list(zip(MONTHS["ar"].split(), MORE_MONTHS[4][1].split(), strict=True)),
)
def test_a_month_may_be_named_twice_as_arabic_texts_do(levant, other):
    levant = levant.replace("_", " ")
    assert read_date(f"8 {levant}/{other} 2019", "ar") == read_date(f"8 {other} 2019", "ar") is not None


@pytest.mark.parametrize("text", ["1er juillet 1953", "1ᵉʳ juillet 1953", "le 1er juillet 1953", "1 juillet 1953"])
def test_the_first_of_a_month_is_read_in_french(text):
    assert read_date(text, "fr") == date(1953, 7, 1)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "text",
    [
        "",
        "soon",
        "1953",
        "07/1953",
        "31/02/1953",
        "29/02/2019",
        "07/27/1953",
        "0/7/1953",
        "27/7/53",
        "53-07-27",
        "27/7/0053",
        "19530727",
        "27/7/1953/1",
        "1953-07-27-1",
        "027/7/1953",
        "27 Jul 53",
        "27 juillet 53",
        "٢٧ تموز ٥٣",
        "27 smarch 1953",
        "32 July 1953",
        "32 تموز 1953",
        "July 1953",
        "27 July",
        "²7/7/1953x",
    ],
)
def test_what_is_no_day_is_not_guessed(language, text):
    assert read_date(text, language) is None


def test_two_months_that_disagree_are_no_day():
    assert read_date("27 تموز/يونيو 1953", "ar") is None


@pytest.mark.parametrize(
    ("text", "language"), [("27 juillet 1953", "en"), ("27 July 1953", "ar"), ("27 تموز 1953", "fr")]
)
def test_months_are_those_of_the_language(text, language):
    assert read_date(text, language) is None


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_back_from_its_iso_form_and_day_first(day):
    assert read_date(day.isoformat(), "en") == day
    assert read_date(f"{day.day}.{day.month}.{day.year}", "fr") == day
    assert read_date(f"{day:%d/%m/}{day.year}".translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")), "ar") == day


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("   ", 0),
        ("– … ?", 0),
        ("one", 1),
        ("one two", 2),
        ("one\n\ntwo\tthree", 3),
        ("one\u00a0two", 2),
        ("cease-fire", 1),
        ("cessez-le-feu", 1),
        ("l’objectif", 1),
        ("women's network", 2),
        ("provisions – not titles", 3),
        ("quote : « provisions »", 2),
        ("in 2022, 306,000 people", 4),
        ("وقف إطلاق النار", 3),
        ("وَقْفُ إِطْلَاقِ النَّار", 3),
        ("٢٠٢٢ ، نعم", 2),
        ("27/07/1953", 1),
    ],
)
def test_words_are_counted_as_a_text_processor_does(text, count):
    assert count_words(text) == count
