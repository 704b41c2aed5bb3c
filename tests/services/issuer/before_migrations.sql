-- A whole database of an issuer as it was made before there were migrations, dumped from SQLite.
BEGIN TRANSACTION;
CREATE TABLE codes (
	person VARCHAR(200) NOT NULL, 
	digest BLOB NOT NULL, 
	PRIMARY KEY (person), 
	UNIQUE (digest)
)
 WITHOUT ROWID

;
INSERT INTO "codes" VALUES('p0',X'169B5B823C62B64CA7E5F8456A13C8D5D06F4ECE522A58BC2B8A784DCF3609B0');
INSERT INTO "codes" VALUES('p1',X'F64551FCD6F07823CB87971CFB91446425DA18286B3AB1EF935E0CBD7A69F68A');
INSERT INTO "codes" VALUES('p10',X'8860646B40F17B10CFCB90A2C717A4DF6C5976B9BD38201D2CD231D5A6D30E83');
CREATE TABLE company (
	id INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	levels TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "company" VALUES(1,'Velda','["company", "division", "department", "team"]');
CREATE TABLE members (
	round VARCHAR(40) NOT NULL, 
	person VARCHAR(200) NOT NULL, 
	node INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	PRIMARY KEY (round, person)
)
 WITHOUT ROWID

;
INSERT INTO "members" VALUES('spring','p0',0,'Name 0','nl');
INSERT INTO "members" VALUES('spring','p1',0,'Name 1','nl');
INSERT INTO "members" VALUES('spring','p10',0,'Name 10','nl');
INSERT INTO "members" VALUES('spring','p2',0,'Name 2','nl');
INSERT INTO "members" VALUES('spring','p3',0,'Name 3','nl');
INSERT INTO "members" VALUES('spring','p4',0,'Name 4','nl');
INSERT INTO "members" VALUES('spring','p5',0,'Name 5','nl');
INSERT INTO "members" VALUES('spring','p6',0,'Name 6','nl');
INSERT INTO "members" VALUES('spring','p7',0,'Name 7','nl');
INSERT INTO "members" VALUES('spring','p8',0,'Name 8','nl');
INSERT INTO "members" VALUES('spring','p9',0,'Name 9','nl');
CREATE TABLE notes (
	round VARCHAR(40) NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (round)
);
INSERT INTO "notes" VALUES('spring','een notitie');
CREATE TABLE people (
	person VARCHAR(200) NOT NULL, 
	place INTEGER NOT NULL, 
	name TEXT NOT NULL, 
	mail TEXT NOT NULL, 
	language VARCHAR(2) NOT NULL, 
	path TEXT NOT NULL, 
	PRIMARY KEY (person)
)
 WITHOUT ROWID

;
INSERT INTO "people" VALUES('p0',0,'Name 0','p0@example.test','nl','["A"]');
INSERT INTO "people" VALUES('p1',1,'Name 1','p1@example.test','nl','["A"]');
INSERT INTO "people" VALUES('p10',10,'Name 10','p10@example.test','nl','["B"]');
INSERT INTO "people" VALUES('p2',2,'Name 2','p2@example.test','nl','["A"]');
INSERT INTO "people" VALUES('p3',3,'Name 3','p3@example.test','nl','["A"]');
INSERT INTO "people" VALUES('p4',4,'Name 4','p4@example.test','nl','["A"]');
INSERT INTO "people" VALUES('p5',5,'Name 5','p5@example.test','nl','["A"]');
INSERT INTO "people" VALUES('p6',6,'Name 6','p6@example.test','nl','["B"]');
INSERT INTO "people" VALUES('p7',7,'Name 7','p7@example.test','nl','["B"]');
INSERT INTO "people" VALUES('p8',8,'Name 8','p8@example.test','nl','["B"]');
INSERT INTO "people" VALUES('p9',9,'Name 9','p9@example.test','nl','["B"]');
CREATE TABLE rounds (
	round VARCHAR(40) NOT NULL, 
	draft VARCHAR(43) NOT NULL, 
	nodes BLOB NOT NULL, 
	ks TEXT NOT NULL, 
	keys INTEGER NOT NULL, 
	keys_until BIGINT NOT NULL, 
	erase_at BIGINT NOT NULL, 
	served INTEGER NOT NULL, 
	shares_day INTEGER, 
	shares TEXT, 
	PRIMARY KEY (round)
);
INSERT INTO "rounds" VALUES('spring','DDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDDD',X'5B5B6E756C6C2C202267726F7570222C202256656C6461222C2031315D5D','[5, 10]',3,1773050700,1775642400,1,20000,'{"0": 5}');
CREATE TABLE served (
	round VARCHAR(40) NOT NULL, 
	person VARCHAR(200) NOT NULL, 
	request BLOB NOT NULL, 
	PRIMARY KEY (round, person)
)
 WITHOUT ROWID

;
INSERT INTO "served" VALUES('spring','p1',X'1F58B9145B24D108D7AC38887338B3EA3229833B9C1E418250343F907BFD1047');
CREATE TABLE signing_keys (
	round VARCHAR(40) NOT NULL, 
	node INTEGER NOT NULL, 
	part INTEGER NOT NULL, 
	wrapped BLOB NOT NULL, 
	PRIMARY KEY (round, node, part)
)
 WITHOUT ROWID

;
INSERT INTO "signing_keys" VALUES('spring',-1,-1,X'77726170706564206F6E65');
INSERT INTO "signing_keys" VALUES('spring',0,0,X'777261707065642074776F');
CREATE INDEX members_of_node ON members (round, node);
COMMIT;
