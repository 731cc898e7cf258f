from django.db import migrations

# Bodies are parsed when they are made, so they mean the same whatever the search path, in a restore too. An index holds
# what `kam_words` returns: who changes it makes a function of another name, and an index of that.
MAKE = r"""
CREATE FUNCTION kam_folded(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN left(
        regexp_replace(normalize(casefold($1 COLLATE "pg_unicode_fast"), NFKD), '[\u0300-\u036f]', '', 'g'), 400
    );
COMMENT ON FUNCTION kam_folded IS
    'A text without case and accents, ß as ss, in any locale; so short that no word of it has more than 2,046 bytes';

CREATE FUNCTION kam_parted(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN btrim(regexp_replace(
        regexp_replace(kam_folded($1), '([\u2e80-\u9fff\U00020000-\U0003ffff])', ' \1 ', 'g') COLLATE "pg_unicode_fast",
        '[^[:alnum:]&+]+', ' ', 'g'
    ));
COMMENT ON FUNCTION kam_parted IS
    'Words with a space between them; every Chinese or Japanese character is one, because no space parts them';

CREATE FUNCTION kam_numbered(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN coalesce(' #' || replace(nullif(btrim(
        regexp_replace(kam_folded($1) COLLATE "pg_unicode_fast", '[\s\x1c-\x1f]+', ' ', 'g')
    ), ''), ' ', ' #'), '');
COMMENT ON FUNCTION kam_numbered IS 'A number as it is written, with # in front of it, as no word of a name has';

CREATE FUNCTION kam_words(name text, number text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN array_to_tsvector(string_to_array(btrim(kam_parted(name) || kam_numbered(number)), ' '));
COMMENT ON FUNCTION kam_words IS 'The words of a name, and the number';

CREATE FUNCTION kam_all_begun(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN '''' || replace(
        replace(replace(nullif(btrim($1), ''), '\', '\\'), '''', ''''''), ' ', ''':* & '''
    ) || ''':*';
COMMENT ON FUNCTION kam_all_begun IS 'A tsquery as text that is met where each of these words begins one; NULL of none';

CREATE FUNCTION kam_asked(word text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (
        kam_all_begun(kam_numbered(word)) || coalesce(' | ' || kam_all_begun(kam_parted(word)), '')
    )::tsquery;
COMMENT ON FUNCTION kam_asked IS 'Met by kam_words of a row whose number begins so, or in whose name words begin so';
"""
FORGET = """
DROP FUNCTION kam_asked(text), kam_all_begun(text), kam_words(text, text), kam_numbered(text), kam_parted(text),
    kam_folded(text)
"""


class Migration(migrations.Migration):
    dependencies = [("kam", "0005_removal_undo_if")]

    operations = [migrations.RunSQL(MAKE, FORGET)]
