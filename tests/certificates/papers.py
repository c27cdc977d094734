"""Facts, a key and documents in three languages that the tests of this folder share. Nobody in them exists."""

from dataclasses import replace
from datetime import date

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from lms.certificates.drawing import Document
from lms.certificates.rules.codes import show_code
from lms.certificates.rules.facts import Facts, Level, canonical
from lms.certificates.signing import SigningKeys, key_id

CODE = "7K2Q9XH4MD6TB3WZ5NCR8VJE1G"
FACTS = Facts(
    code=CODE,
    level=Level.COMPLETED,
    year=2027,
    hours=40,
    issued_on=date(2027, 6, 4),
    language="en",
    course="Women and ceasefires",
    name="Juniper Al-Hajar",
    name_hash=None,
    site="learn.example.org",
)


def keys_of(secret: bytes) -> SigningKeys:
    """One key that is the same in every run."""
    private = Ed25519PrivateKey.from_private_bytes(secret)
    return SigningKeys(private, {key_id(private.public_key()): private.public_key()})


KEYS = keys_of(bytes(range(32)))
TOKEN = str(KEYS.sign(canonical(FACTS)))
LINK = f"https://learn.example.org/en/verify#{TOKEN}"

ENGLISH = Document(
    language="en",
    title="Document",
    heading="Certificate of completion",
    issuer="Madar",
    name="Juniper Al-Hajar",
    name_label="Name",
    statement=(
        "completed the online course Women and ceasefires, held from 8 March to 4 June 2027: nine modules,"
        " about 40 hours of study, and a simulation."
    ),
    course="Women and ceasefires",
    signatory_name="Tamarisk Granite",
    signatory_role="Course coordinator",
    issued_line="Issued on 4 June 2027",
    check_line="Check this document at",
    check_address="learn.example.org/verify",
    code=show_code(CODE),
    link=LINK,
    link_label="Square code: opens the page that checks this document",
)
FRENCH = replace(
    ENGLISH,
    language="fr",
    heading="Certificat d’achèvement",
    name="Genévrier Forêt-Noël",
    name_label="Nom",
    statement=(
        "a suivi jusqu’à son terme le cours en ligne Femmes et cessez-le-feu, du 8 mars au 4 juin 2027 : neuf modules,"
        " environ 40 heures d’étude et une simulation."
    ),
    course="Femmes et cessez-le-feu",
    signatory_role="Coordination du cours",
    issued_line="Délivré le 4 juin 2027",
    check_line="Vérifier ce document à l’adresse",
    link_label="Code carré : ouvre la page qui vérifie ce document",
)
ARABIC = replace(
    ENGLISH,
    language="ar",
    title="وثيقة",
    heading="شهادة إتمام",
    issuer="مدار",
    name="عرعر الحجر",
    name_label="الاسم",
    statement=(
        "أكملت المقرر الإلكتروني النساء ووقف إطلاق النار، من 8 آذار/مارس إلى 4 حزيران/يونيو 2027: تسع وحدات،"
        " ونحو 40 ساعة دراسية، ومحاكاة."
    ),
    course="النساء ووقف إطلاق النار",
    signatory_name="أثلة الجبل",
    signatory_role="منسقة المقرر",
    issued_line="صدرت في 4 حزيران/يونيو 2027",
    check_line="للتحقق من هذه الوثيقة",
    link_label="رمز مربع: يفتح الصفحة التي تتحقق من هذه الوثيقة",
)
IN_EACH_LANGUAGE = {document.language: document for document in (ENGLISH, FRENCH, ARABIC)}
