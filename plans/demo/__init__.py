"""The demo company: Osterhall, a maker of sports goods, and its two years with two dozen accounts.

Everything follows from a seed and a day. Twelve stories are told, each visible in figures (see `stories`), and each can
be left out (see `accounts.Cast`). Plans in the making are next year's, before July revisions of this year's.

| account | story |
| --- | --- |
| DE-230 Kurvenwerk Sport | has paid every invoice of the last five months five to seven weeks late |
| UK-120 Fellgate Outdoor | sell-through falls ever further behind its season curve, stock piles up |
| DE-110 Feldkamm Sporthaus | 4,850 euro short of the next rebate tier |
| UK-110 Pacer's Yard | we deliver late and short: OTIF far below the agreed 95 % |
| DE-210 Gratweg Outdoor | its best-seller is out of stock because we do not ship it |
| CN-200 江岚百货 | its sell-through file has not arrived for two weeks |
| UK-210 Sidelane Sports | the files of the last two weeks lack a third of its stores |
| DE-220 Radhaus Kessler | the files of the last two weeks are cut off, and strangely small |
| UK-200 Hollin & Marsh | a plan has waited six days for a signature |
| DE-200 Nordhafen Warenhaus | a plan came back with comments |
| CN-110 岳澜运动城 | buys ever less, away from the growth that its signed plan promises |
| AT-260 Almkante Sport | all is well: pays early, sells ahead of target, gets everything on time |
"""
