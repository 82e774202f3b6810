#!/usr/bin/env bash
# Run once by a fresh PostgreSQL container: the owner of the tables, the application's role, the database.
set -euo pipefail
psql -v ON_ERROR_STOP=1 --username postgres \
    --set owner_password="$OFFICE_OWNER_PASSWORD" --set app_password="$OFFICE_APP_PASSWORD" <<'SQL'
CREATE ROLE office_owner LOGIN CREATEDB PASSWORD :'owner_password';
CREATE ROLE office_app LOGIN PASSWORD :'app_password';
CREATE DATABASE office OWNER office_owner ENCODING 'UTF8' TEMPLATE template0;
\connect office
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS citext;
SQL
