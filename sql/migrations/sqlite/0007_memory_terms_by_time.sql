-- The terms of metadata lie by spans of time within what they are of (memory_term(), src/db/place.h): what is written together lies together, and an
-- array of memories changes a few of their pages instead of one a term. What was left to be swept is gone with this. In the order of the
-- memories, which is nearly that of time: nothing is to be sorted.
delete from memory_terms;
insert into memory_terms
select memory_term(t.term, place_of(m.created_at, m.id)), place_of(m.created_at, m.id)
from agent_memories m, json_terms('{"metadata":' || unpacked(m.metadata) || '}', 'metadata', memory_scope(m.agent_id, m.shelf), 256) t
where m.metadata <> '{}';
delete from memory_sweeps;
