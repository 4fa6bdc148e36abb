# vcc. Built from the top of the checkout: docker build -f docker/vcc.Dockerfile -t vcc:0.1.0 .
ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
# for apt-get in the build, such as `-o Acquire::Check-Valid-Until=false`
ARG APT_OPTIONS
# 1: take docker/wheels only and ask no index
ARG PIP_NO_INDEX
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_FIND_LINKS=/wheels PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
RUN apt-get ${APT_OPTIONS} update -q \
    && apt-get install -yq --no-install-recommends python3-venv \
    && python3 -m venv /build \
    && python3 -m venv --without-pip /opt/vcc
WORKDIR /src
COPY docker/wheels /wheels
COPY requirements-build.txt requirements.txt ./
RUN /build/bin/pip install --require-hashes -r requirements-build.txt \
    && /build/bin/pip wheel --no-build-isolation --use-pep517 --require-hashes -w /dist -r requirements.txt
COPY LICENSE README.md pyproject.toml ./
COPY acd acd
COPY core core
COPY ivr_flows ivr_flows
COPY reporting reporting
COPY telephony telephony
COPY tenancy tenancy
COPY vcc vcc
RUN /build/bin/pip wheel --no-build-isolation --no-deps -w /dist . \
    && /build/bin/pip --python /opt/vcc/bin/python install --no-index --no-deps /dist/*.whl

FROM ${BASE}
# for apt-get in the build, such as `-o Acquire::Check-Valid-Until=false`
ARG APT_OPTIONS
# the same number in the switch's image: it reads what vcc writes
ARG UID=5060
RUN apt-get ${APT_OPTIONS} update -q \
    && apt-get install -yq --no-install-recommends espeak-ng python3 sox \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt /var/log/apt /var/log/dpkg.log \
    && useradd --uid ${UID} --user-group --no-create-home --home-dir /var/lib/vcc --shell /usr/sbin/nologin vcc \
    && install -d -o vcc -g vcc -m 0750 /var/lib/vcc /var/lib/vcc/speech /var/lib/vcc/recording /etc/asterisk/vcc /run/asterisk
COPY --from=build /opt/vcc /opt/vcc
COPY docker/asterisk-rx /usr/local/bin/asterisk-rx
ENV PATH=/opt/vcc/bin:/usr/local/bin:/usr/bin:/bin PYTHONUNBUFFERED=1 PYTHONUTF8=1 VCC_STATE=/var/lib/vcc
USER vcc
ENTRYPOINT ["vcc"]
CMD ["serve", "--config", "/etc/vcc/config", "--state", "/var/lib/vcc"]
