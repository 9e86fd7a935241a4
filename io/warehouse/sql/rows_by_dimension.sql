-- How many rows were selected and exported, by every dimension (the fifty largest values of each)?
WITH facts AS (
  SELECT
    s.language AS d_language,
    COALESCE(s.type, 'general') AS d_type,
    s.kind AS d_kind,
    COALESCE(NULLIF(c.cut, ''), 'none') AS d_cut,
    COALESCE(NULLIF(c.call_form, ''), 'none') AS d_form,
    COALESCE(s.generator, 'none') AS d_generator,
    COALESCE(s.status, 'none') AS d_certificate,
    s.split AS d_split,
    s.repo AS d_repo,
    -- All of the name before its last part: the owner of a repository.
    SUBSTR(s.repo, 1, LENGTH(s.repo) - STRPOS(REVERSE(s.repo), '/')) AS d_owner,
    COALESCE(c.license, 'none') AS d_license,
    COALESCE(c.origin, 'none') AS d_origin,
    e.id AS exported_id
  FROM selection AS s
  LEFT JOIN contexts AS c ON c.id = s.context_id
  LEFT JOIN export_rows AS e ON e.id = COALESCE(s.negative_id, s.context_id)
),
counts AS (
  SELECT
    CASE
      WHEN GROUPING(d_language) = 0 THEN 'language'
      WHEN GROUPING(d_type) = 0 THEN 'type'
      WHEN GROUPING(d_kind) = 0 THEN 'kind'
      WHEN GROUPING(d_cut) = 0 THEN 'cut'
      WHEN GROUPING(d_form) = 0 THEN 'call_form'
      WHEN GROUPING(d_generator) = 0 THEN 'generator'
      WHEN GROUPING(d_certificate) = 0 THEN 'certificate'
      WHEN GROUPING(d_split) = 0 THEN 'split'
      WHEN GROUPING(d_repo) = 0 THEN 'repo'
      WHEN GROUPING(d_owner) = 0 THEN 'owner'
      WHEN GROUPING(d_license) = 0 THEN 'license'
      ELSE 'origin'
    END AS dimension,
    -- All but one of these are null.
    COALESCE(d_language, d_type, d_kind, d_cut, d_form, d_generator, d_certificate, d_split, d_repo, d_owner, d_license, d_origin) AS value,
    COUNT(*) AS selected,
    COUNT(exported_id) AS exported
  FROM facts
  GROUP BY GROUPING SETS (d_language, d_type, d_kind, d_cut, d_form, d_generator, d_certificate, d_split, d_repo, d_owner, d_license, d_origin)
),
ranked AS (
  SELECT
    dimension,
    value,
    selected,
    exported,
    ROW_NUMBER() OVER (PARTITION BY dimension ORDER BY selected DESC, value) AS k
  FROM counts
)
SELECT dimension, value, selected, exported
FROM ranked
WHERE k <= 50
ORDER BY dimension, selected DESC, value
