# syntax=docker/dockerfile:1

FROM maven:3.9-eclipse-temurin-25 AS build
WORKDIR /build
COPY pom.xml ./
COPY .mvn .mvn
COPY src/main src/main
COPY webroot webroot
RUN mvn -q -B -Dmaven.test.skip=true -Denforcer.skip=true package

FROM eclipse-temurin:25-jre
RUN groupadd --system --gid 10001 apexstore \
    && useradd --system --uid 10001 --gid apexstore --home-dir /nonexistent --no-create-home apexstore \
    && install -d -o apexstore -g apexstore -m 0700 /data /keys
COPY --from=build /build/target/apexstore.jar /opt/apexstore/apexstore.jar
COPY --from=build /build/target/lib /opt/apexstore/lib
COPY conf/apexstore.json /opt/apexstore/conf/apexstore.json

# Creates the startup cache, which halves the time of a start. The image also works without it.
RUN mkdir /tmp/training && cd /tmp/training \
    && { java --enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -XX:+UseCompactObjectHeaders -XX:AOTCacheOutput=/opt/apexstore/apexstore.aot -cp "/opt/apexstore/apexstore.jar:/opt/apexstore/lib/*" io.apexstore.cli.TrainingRun \
      || echo "the startup cache could not be created, so starts take a second longer"; } \
    && rm -rf /tmp/training

# The loopback address of the container cannot be reached from outside, so the server listens on all
# addresses. It has no TLS and refuses that unless ALLOW_INSECURE_BIND=true is set, which states that a
# proxy in front of it provides the protection.
ENV HOST=0.0.0.0 \
    PORT=8080 \
    DATA_DIR=/data \
    ENCRYPTION_KEY_FILE=/keys/apexstore.key

USER apexstore
VOLUME ["/data", "/keys"]
EXPOSE 8080
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-cp", "/opt/apexstore/apexstore.jar:/opt/apexstore/lib/*", "io.apexstore.cli.Main", "health"]

ENTRYPOINT ["java", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow", "-XX:+UseCompactObjectHeaders", "-XX:+ExitOnOutOfMemoryError", "-XX:AOTCache=/opt/apexstore/apexstore.aot", "-Xlog:aot=off", "-Xlog:cds=off", "-XX:MaxRAMPercentage=50", "-Dapexstore.home=/opt/apexstore", "-cp", "/opt/apexstore/apexstore.jar:/opt/apexstore/lib/*", "io.apexstore.cli.Main"]
CMD ["serve"]
