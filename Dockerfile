# slod as a container image: docker build -t slod .
#
# The base is pinned by tag and digest. To renew it, choose the newest bookworm-DATE-slim among the
# tags of the official debian image, ask for its digest and put both below:
#   docker buildx imagetools inspect docker.io/library/debian:bookworm-DATE-slim
ARG BASE=docker.io/library/debian:bookworm-20260824-slim@sha256:88200866dfff7ea7f5cbcb6ec7c8a701889efe6fe859fe64d6990e4b07ea4171

FROM ${BASE} AS build
WORKDIR /src
COPY scripts/setup.sh scripts/setup.sh
RUN scripts/setup.sh build
COPY . .
RUN cmake --preset release -D SLOD_TESTS=OFF -D SLOD_BENCHMARKS=OFF && \
    cmake --build build/release --target slod && \
    install -D --strip build/release/daemon/slod /out/usr/bin/slod

FROM ${BASE}
# What `ldd slod` names, time zones for calendar windows, and authorities for TLS.
RUN apt-get update -q && \
    DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
      libboost-container1.81.0 libboost-json1.81.0 libboost-url1.81.0 libdate-tz3 libfmt9 \
      libprometheus-cpp-core1.0 libre2-9 libsodium23 libspdlog1.10 libsqlite3-0 libssl3 \
      libstdc++6 libyaml-cpp0.7 zlib1g tzdata ca-certificates && \
    apt-get clean && \
    rm -rf /var/lib/apt/lists/* /var/cache/* /var/log/* && \
    useradd --system --uid 9750 --user-group --no-create-home --home-dir /nonexistent \
      --shell /usr/sbin/nologin slod && \
    install -d -m 0755 /etc/slod && \
    install -d -m 0700 -o slod -g slod /var/lib/slod
COPY --from=build /out/ /
COPY deploy/debian/copyright /usr/share/doc/slod/copyright

# The configuration is every *.yaml in /etc/slod; the state is the only thing that is written.
USER 9750:9750
VOLUME /var/lib/slod
EXPOSE 9750
HEALTHCHECK --interval=15s --timeout=8s --start-period=60s --retries=3 CMD ["/usr/bin/slod", "status"]
ENTRYPOINT ["/usr/bin/slod"]
CMD ["run", "--config", "/etc/slod", "--listen", "0.0.0.0:9750", "--state", "/var/lib/slod"]

ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=unknown
LABEL org.opencontainers.image.title="slod" \
      org.opencontainers.image.description="Keeps error budgets, pages, and answers whether a change may be deployed" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}"
