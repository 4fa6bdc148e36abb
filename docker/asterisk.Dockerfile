# The switch. Built from the top of the checkout: docker build -f docker/asterisk.Dockerfile -t vcc-asterisk:0.1.0 .
# Debian 12 has no Asterisk; sid has one that is new enough (docs/existing-asterisk.md).
ARG BASE=debian:sid-slim

# What is needed of Debian's packages: the program, its modules, the libraries of both; no sounds, no Perl. NSS, with
# which libsrtp encrypts, opens its own parts by name (freebl, softokn): nothing links to them.
FROM ${BASE} AS packages
# for apt-get in the build, such as `-o Acquire::Check-Valid-Until=false`
ARG APT_OPTIONS
RUN apt-get ${APT_OPTIONS} update -q && apt-get install -yq --no-install-recommends asterisk
RUN mkdir /needed \
    && cp -a --parents /usr/sbin/asterisk /usr/lib/*/asterisk /usr/share/asterisk /needed \
    && rm -rf /needed/usr/share/asterisk/sounds \
    && cp -a --parents /usr/lib/*/libfreebl*.* /usr/lib/*/libsoftokn3.* /needed \
    && ldd /usr/sbin/asterisk /usr/lib/*/asterisk/*.so* /usr/lib/*/asterisk/modules/*.so /usr/lib/*/libsoftokn3.so \
       | awk '$2 == "=>" && $3 ~ "^/" { sub("^/lib/", "/usr/lib/", $3); print $3 }' | sort -u \
       | xargs cp -L --parents -t /needed

FROM ${BASE}
# the same number in vcc's image: this one reads what vcc writes
ARG UID=5060
RUN useradd --uid ${UID} --user-group --no-create-home --home-dir /var/lib/asterisk --shell /usr/sbin/nologin vcc \
    && install -d -o vcc -g vcc -m 0750 /etc/asterisk/vcc /run/asterisk /var/lib/asterisk /var/lib/vcc/speech /var/lib/vcc/recording \
    && chown vcc:vcc /var/lib/vcc
COPY --from=packages /needed /
COPY docker/asterisk.conf /etc/asterisk/asterisk.conf
USER vcc
ENTRYPOINT ["asterisk", "-C", "/etc/asterisk/asterisk.conf"]
CMD ["-f"]
