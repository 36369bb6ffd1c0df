# syntax=docker/dockerfile:1

# Builds the package with the lock file's versions, then packs it as it would be published.
FROM node:24-slim AS build
WORKDIR /src
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
COPY tools ./tools
COPY src ./src
COPY LICENSE NOTICE README.md CHANGELOG.md SECURITY.md ./
RUN npm ci && npm prune --omit=dev --omit=optional --ignore-scripts

# What runs: the built package and its runtime dependencies, nothing that compiles or tests.
FROM node:24-slim
WORKDIR /app
COPY --from=build /src/package.json /src/LICENSE /src/NOTICE ./
COPY --from=build /src/node_modules ./node_modules
COPY --from=build /src/dist ./dist
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080

# A container is reached from outside itself, so it cannot listen on loopback. Beyond loopback Latchkey refuses to start
# without LATCHKEY_OWNER_HEADER and LATCHKEY_TRUSTED_PROXIES: see deploy/README.md.
ENV NODE_ENV=production \
    LATCHKEY_HOME=/data \
    LATCHKEY_HOST=0.0.0.0 \
    LATCHKEY_PORT=8080

HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

ENTRYPOINT ["node", "dist/bin.js"]
CMD ["serve"]
