from tradeterms.views.agreement import AgreementDetail, FindingDetail
from tradeterms.views.agreement_list import AgreementList
from tradeterms.views.edit import (
    AgreementCreate,
    AgreementMove,
    AgreementRemove,
    AgreementUpdate,
    Revise,
    TermCreate,
    TermRemove,
    TermUpdate,
)
from tradeterms.views.finding import FindingList, FindingMove

__all__ = [
    "AgreementCreate",
    "AgreementDetail",
    "AgreementList",
    "AgreementMove",
    "AgreementRemove",
    "AgreementUpdate",
    "FindingDetail",
    "FindingList",
    "FindingMove",
    "Revise",
    "TermCreate",
    "TermRemove",
    "TermUpdate",
]
