from django.db import migrations

# Bodies are parsed when they are made, so they mean the same whatever the search path, in a restore too.
MAKE = r"""
CREATE FUNCTION kam_folded(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN left(
        regexp_replace(normalize(casefold($1 COLLATE "pg_unicode_fast"), NFKD), '[\u0300-\u036f]', '', 'g'), 400
    );
COMMENT ON FUNCTION kam_folded IS
    'A text without case and accents, ß as ss, in any locale; so short that no word of it has more than 2,046 bytes';

CREATE FUNCTION kam_parted(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(
        regexp_replace(kam_folded($1), '([\u2e80-\u9fff\U00020000-\U0003ffff])', ' \1 ', 'g'),
        '[^[:alnum:]&+]+', ' ', 'g'
    ));
COMMENT ON FUNCTION kam_parted IS
    'Words with a space between them; every Chinese or Japanese character is one, because no space parts them';

CREATE FUNCTION kam_words(name text, number text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(string_to_array(
        btrim(kam_parted(name) || ' ' || btrim(regexp_replace(kam_folded(number), '\s+', ' ', 'g'))), ' '
    ));
COMMENT ON FUNCTION kam_words IS 'The words of a name, and the number as it is written';

CREATE FUNCTION kam_asked(word text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        '''' || replace(replace(nullif(kam_folded(word), ''), '\', '\\'), '''', '''''') || ''':*'
        || coalesce(
            ' | ''' || replace(nullif(nullif(kam_parted(word), kam_folded(word)), ''), ' ', ''':* & ''') || ''':*', ''
        )
    )::tsquery;
COMMENT ON FUNCTION kam_asked IS
    'Meets kam_words of a row whose number begins so, or in whose name words begin so; NULL of an empty word';
"""
FORGET = "DROP FUNCTION kam_asked(text), kam_words(text, text), kam_parted(text), kam_folded(text)"


class Migration(migrations.Migration):
    dependencies = [("kam", "0005_removal_undo_if")]

    operations = [migrations.RunSQL(MAKE, FORGET)]
