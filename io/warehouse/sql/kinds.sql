-- Which kinds of span does each language have, how are they cut, how long are they, and how many were selected?
WITH chosen AS (
  SELECT context_id, COUNT(*) AS selected FROM selection GROUP BY context_id
)
SELECT
  c.language,
  c.kind,
  c.cut,
  c.call_form,
  COUNT(*) AS contexts,
  AVG(LENGTH(c.golden)) AS mean_chars,
  MAX(LENGTH(c.golden)) AS max_chars,
  SUM(COALESCE(s.selected, 0)) AS selected
FROM contexts AS c
LEFT JOIN chosen AS s ON s.context_id = c.id
GROUP BY c.language, c.kind, c.cut, c.call_form
ORDER BY c.language, c.kind, c.cut, c.call_form
