# syntax=docker/dockerfile:1
# The one image of Palpite: every role, the command line and the embedded PostgreSQL. The back end is not compiled; Node runs it as it is.
# Writable at run time are /data (the embedded database, signed heads) and /tmp only, so it runs with a read-only root.
#   docker build -t palpite:0.1.0 .
#   docker run --init --read-only --tmpfs /tmp -v palpite:/data -p 127.0.0.1:8080:8080 palpite:0.1.0          all roles
#   docker run --init --read-only --tmpfs /tmp ... palpite:0.1.0 gateway                                      one role
#   docker run --rm --entrypoint node ... palpite:0.1.0 bin/palpite.js doctor                                 the command line
# To renew the base: raise `node` in package.json and .nvmrc, then the tag here; test/deploy.test.ts holds the three together.
ARG NODE_IMAGE=node:24.21.0-bookworm-slim

# Packages that run, with the install scripts that package.json allows and no others needed. The image is the pinned Node: a second one is dropped.
FROM ${NODE_IMAGE} AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node node_modules/.bin/node node_modules/node-bin-* \
  && npm cache clean --force

# The web bundle gets its stage here once web/ exists: npm ci with the development packages, one build into /app/web/dist,
# and below one more line, COPY --from=web /app/web/dist ./web/dist.

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="Palpite" \
  org.opencontainers.image.description="A self-hosted market arena under one exact ledger" \
  org.opencontainers.image.licenses="MIT"
# PALPITE_DATA: the only folder that has to outlive the container. HOST: inside a container loopback reaches nobody.
# STATUS_PORT: every process says on INTERNAL_HOST how it is; never publish it, it asks for no key.
ENV NODE_ENV=production \
  PALPITE_DATA=/data \
  HOST=0.0.0.0 \
  STATUS_PORT=9464
# PostgreSQL refuses to run as root and wants an account that /etc/passwd knows: the image's own `node`, by number for runAsNonRoot.
RUN install -d -o 1000 -g 1000 -m 0700 /data
WORKDIR /app
COPY --from=packages /app/node_modules ./node_modules
COPY package.json README.md LICENSE ./
COPY bin ./bin
COPY src ./src
COPY examples ./examples
USER 1000:1000
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
# Alive, not ready: a container that waits for its database must not be killed.
HEALTHCHECK --interval=15s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://${process.env.INTERNAL_HOST || '127.0.0.1'}:${process.env.STATUS_PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# What `npm start` runs, without npm between the signal and the process. Arguments are names of roles; none means all.
ENTRYPOINT ["node", "--max-semi-space-size=16", "--v8-pool-size=1", "bin/run.js", "src/main.ts"]
CMD []
