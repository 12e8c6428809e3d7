-- One database and its three roles, as Commonlore makes them for itself on its embedded server.
--
--   psql -v ON_ERROR_STOP=1 -v database=commonlore -f roles.sql
--
-- Run it as a superuser, or as a role with CREATEROLE and CREATEDB. It may be run again: it makes
-- what is missing and changes nothing else. It needs psql 15 or newer.
--
-- Passwords come from OWNER_PASSWORD and APP_PASSWORD in the environment. Where one is not set that
-- role gets none; give it one afterwards with \password, or let pg_hba.conf let it in some other way.

\if :{?database}
\else
  \set database commonlore
\endif
-- \set joins its arguments: commonlore_owner and so on.
\set owner :database _owner
\set app :database _app
\set audit :database _audit
\getenv owner_password OWNER_PASSWORD
\getenv app_password APP_PASSWORD

-- Migrates, and owns the tables.
SELECT format('CREATE ROLE %I LOGIN', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
-- Runs: reads and writes rows, changes no table, cannot touch the log.
SELECT format('CREATE ROLE %I LOGIN', :'app')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'app') \gexec
-- Nobody signs in as this one. The function that adds to the log runs with its rights.
SELECT format('CREATE ROLE %I NOLOGIN', :'audit')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'audit') \gexec

\if :{?owner_password}
ALTER ROLE :"owner" PASSWORD :'owner_password';
\endif
\if :{?app_password}
ALTER ROLE :"app" PASSWORD :'app_password';
\endif

-- So that a migration may hand the function over.
GRANT :"audit" TO :"owner";

SELECT format(
    'CREATE DATABASE %I OWNER %I TEMPLATE template0 ENCODING %L LOCALE %L',
    :'database', :'owner', 'UTF8', 'C.UTF-8'
  )
  WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'database') \gexec

REVOKE CONNECT ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"database" TO :"app";
