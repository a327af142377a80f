"""Docker's official images: no other image on Docker Hub has a name without an account."""

from labcoat.core.patterns import lazy_pattern

# https://github.com/docker-library/official-images/tree/master/library, with the retired ones.
_TEXT = """
adminer aerospike almalinux alpine alt amazoncorretto amazonlinux api-firewall arangodb archlinux
backdrop bash bonita buildpack-deps busybox caddy cassandra celery centos chronograf cirros
clearlinux clefos clickhouse clojure composer consul convertigo couchbase couchdb crate crux dart
debian django docker dragonfly drupal eclipse-mosquitto eclipse-temurin eggdrop elasticsearch
elixir emqx erlang euleros express-gateway fedora flink fluentd friendica fsharp gazebo gcc
geonetwork ghost glassfish golang gradle groovy haproxy haskell haxe hello-seattle hello-world
hipache hitch hola-mundo httpd hylang ibm-semeru-runtimes ibmjava influxdb iojs irssi java jenkins
jetty jobber joomla jruby julia kaazing-gateway kapacitor kibana known kong krakend lightstreamer
liquibase logstash mageia mariadb matomo maven mediawiki memcached mongo mongo-express monica mono
mysql nats nats-streaming neo4j neurodebian nextcloud nginx node notary nuxeo odoo open-liberty
openjdk opensuse oraclelinux orientdb owncloud percona perl photon php php-zendserver phpmyadmin
piwik plone postfixadmin postgres pypy python r-base rabbitmq rails rakudo-star rapidoid redis
redmine registry rethinkdb rocket.chat rockylinux ros ruby rust sapmachine satosa scratch sentry
silverpeas sl solr sonarqube sourcemage spark spiped storm swarm swift swipl teamspeak telegraf
thrift tomcat tomee traefik ubuntu ubuntu-debootstrap ubuntu-upstart unit valkey varnish vault
websphere-liberty wordpress xwiki yourls znc zookeeper
"""
_NAMES = frozenset(_TEXT.split())
_NAME = lazy_pattern(
    r"(?P<hub>(?:docker\.io/)?library/|docker\.io/)?(?P<name>[^/:@]+)(?:[:@][^/]*)?"
)


def is_official(image: str) -> bool:
    """Whether an image is one of Docker's own."""
    found = _NAME.fullmatch(image)
    return found is not None and found["name"] in _NAMES


def is_of_one_machine(image: str) -> bool:
    """Whether no registry has an image: its name has none, no account, and is not official."""
    found = _NAME.fullmatch(image)
    return found is not None and not found["hub"] and found["name"] not in _NAMES
