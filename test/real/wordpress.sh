#!/bin/bash
# A real WordPress on 127.0.0.1 for a test: wordpress.sh PORT FOLDER, with an empty FOLDER (short: sockets lie in it). Debian's WordPress, MariaDB,
# PHP-FPM and nginx run out of FOLDER until this script is ended; nothing listens but nginx on PORT, all else on sockets there.
#
# Prints "ready" once the site answers. Then there are: the post of WordPress's own "Hello world!" with an open comment form (comments need no
# approval), the user admin with the password `correct horse`, and $FOLDER/sql, which runs SQL from its arguments. WORDPRESS_THEME names another theme,
# WORDPRESS_WORKERS (4) is how many PHP processes there are. `wordpress.sh --check` says what is missing, and ends with 1.
set -euo pipefail
# Where Debian puts servers; not on every PATH.
PATH=$PATH:/usr/sbin:/sbin

# Program or folder, and Debian's package that has it.
needs=(
  '/usr/share/wordpress/wp-load.php wordpress' '/usr/sbin/mariadbd mariadb-server' '/usr/bin/mariadb-install-db mariadb-server'
  '/usr/sbin/nginx nginx-light' '/usr/bin/php php-cli' '/var/lib/wordpress/wp-content/themes/twentytwentyone wordpress-theme-twentytwentyone'
)
missing=()
for need in "${needs[@]}"; do
  read -r path package <<<"$need"
  [ -e "$path" ] || missing+=("$package")
done
fpm=$(ls /usr/sbin/php-fpm* 2>/dev/null | head -1 || true)
[ -n "$fpm" ] || missing+=(php-fpm)
# Read to its end: a grep that has seen enough would have php killed by the closed pipe.
{ [ -x /usr/bin/php ] && php -m | grep -i '^mysqli$' >/dev/null; } || missing+=(php-mysql)
if [ "${#missing[@]}" -gt 0 ]; then
  echo "not installed: apt-get install $(printf '%s\n' "${missing[@]}" | sort -u | tr '\n' ' ')" >&2
  exit 1
fi
[ "${1:-}" = --check ] && exit 0

port=$1
folder=$(cd "$2" && pwd)
theme=${WORDPRESS_THEME:-twentytwentyone}
# Sockets have at most 107 characters.
[ "${#folder}" -lt 80 ] || { echo "the folder's name is too long for sockets: $folder" >&2; exit 1; }

# MariaDB and PHP-FPM are not run as root.
as=()
if [ "$(id -u)" = 0 ]; then
  as=(setpriv --reuid=www-data --regid=www-data --clear-groups)
  chmod 755 "$folder"
fi
mkdir -p "$folder"/{site,data,tmp}
cp -r /usr/share/wordpress/. "$folder/site/"
rm -rf "$folder/site/wp-content"
cp -rL /var/lib/wordpress/wp-content "$folder/site/wp-content"

secret() { head -c 32 /dev/urandom | base64 | tr -d '/+=\n'; }
{
  echo '<?php'
  echo "define('DB_NAME', 'wordpress'); define('DB_USER', 'root'); define('DB_PASSWORD', ''); define('DB_HOST', 'localhost:$folder/db.sock');"
  for key in AUTH_KEY SECURE_AUTH_KEY LOGGED_IN_KEY NONCE_KEY AUTH_SALT SECURE_AUTH_SALT LOGGED_IN_SALT NONCE_SALT; do
    echo "define('$key', '$(secret)');"
  done
  # Nothing is asked of the world outside, and the address in front is the one that visitors use.
  echo "define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);"
  echo "define('WP_HOME', 'http://' . (\$_SERVER['HTTP_HOST'] ?? '127.0.0.1:$port')); define('WP_SITEURL', WP_HOME);"
  echo "\$table_prefix = 'wp_'; if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/'); require_once ABSPATH . 'wp-settings.php';"
} >"$folder/site/wp-config.php"

cat >"$folder/install.php" <<'PHP'
<?php
define('WP_INSTALLING', true);
require $argv[1] . '/site/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
// Mail goes nowhere from here.
function wp_mail() { return true; }
wp_install('Town', 'admin', 'admin@example.org', true, '', 'correct horse');
switch_theme($argv[2]);
// Comments of strangers stand there at once, and two of them within 15 seconds are no flood.
foreach (['comment_moderation' => 0, 'comment_previously_approved' => 0, 'comments_notify' => 0, 'moderation_notify' => 0] as $name => $value)
  update_option($name, $value);
$flood = "<?php remove_action('check_comment_flood', 'check_comment_flood_db', 10);";
wp_mkdir_p(WP_CONTENT_DIR . '/mu-plugins');
file_put_contents(WP_CONTENT_DIR . '/mu-plugins/no-flood.php', $flood);
// On the page of number 2, comments need WordPress's own nonce, as plugins against spam have it.
$nonce = '<?php
add_action("comment_form", function ($id) { if ((int) $id === 2) wp_nonce_field("comment-2"); });
add_filter("preprocess_comment", function ($comment) {
  if ((int) $comment["comment_post_ID"] === 2 && !wp_verify_nonce($_POST["_wpnonce"] ?? "", "comment-2"))
    wp_die("The nonce is none of ours.", "Forbidden", 403);
  return $comment;
});';
file_put_contents(WP_CONTENT_DIR . '/mu-plugins/nonce.php', $nonce);
$wpdb->update($wpdb->posts, ['comment_status' => 'open'], ['ID' => 2]);
PHP

cat >"$folder/fpm.conf" <<EOC
[global]
daemonize = no
error_log = $folder/fpm.log
[www]
listen = $folder/fpm.sock
pm = static
pm.max_children = ${WORDPRESS_WORKERS:-4}
php_admin_value[sys_temp_dir] = $folder/tmp
php_admin_value[upload_tmp_dir] = $folder/tmp
EOC

cat >"$folder/nginx.conf" <<EOC
daemon off;
worker_processes 1;
pid $folder/nginx.pid;
error_log $folder/nginx.log;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types;
  access_log off;
  client_body_temp_path $folder/tmp/body;
  fastcgi_temp_path $folder/tmp/fastcgi;
  proxy_temp_path $folder/tmp/proxy;
  uwsgi_temp_path $folder/tmp/uwsgi;
  scgi_temp_path $folder/tmp/scgi;
  server {
    listen 127.0.0.1:$port;
    root $folder/site;
    index index.php;
    client_max_body_size 64m;
    location / { try_files \$uri \$uri/ /index.php?\$args; }
    location ~ \.php\$ {
      # Debian's own list cuts the port off the host.
      fastcgi_param REQUEST_METHOD \$request_method;
      fastcgi_param REQUEST_URI \$request_uri;
      fastcgi_param QUERY_STRING \$query_string;
      fastcgi_param CONTENT_TYPE \$content_type;
      fastcgi_param CONTENT_LENGTH \$content_length;
      fastcgi_param SCRIPT_NAME \$fastcgi_script_name;
      fastcgi_param DOCUMENT_ROOT \$document_root;
      fastcgi_param REMOTE_ADDR \$remote_addr;
      fastcgi_param SERVER_NAME 127.0.0.1;
      fastcgi_param SERVER_PORT $port;
      fastcgi_param SERVER_PROTOCOL \$server_protocol;
      fastcgi_param SERVER_SOFTWARE nginx;
      fastcgi_param SCRIPT_FILENAME \$document_root\$fastcgi_script_name;
      fastcgi_pass unix:$folder/fpm.sock;
    }
  }
}
EOC

cat >"$folder/sql" <<EOC
#!/bin/sh
exec mariadb --no-defaults --socket=$folder/db.sock --user=root --batch --skip-column-names wordpress -e "\$*"
EOC
chmod +x "$folder/sql"
[ "${#as[@]}" -gt 0 ] && chown -R www-data:www-data "$folder"

children=()
ended() {
  trap - EXIT
  for child in "${children[@]}"; do kill "$child" 2>/dev/null || true; done
  for child in "${children[@]}"; do wait "$child" 2>/dev/null || true; done
}
trap ended EXIT
trap 'exit 0' TERM INT HUP

# It has no password and no port: who may open its socket may use it.
"${as[@]}" mariadb-install-db --no-defaults --datadir="$folder/data" --auth-root-authentication-method=normal --skip-test-db >"$folder/install.log" 2>&1
# Without a sync at each commit: what is shown here is not the disk of MariaDB.
"${as[@]}" mariadbd --no-defaults --datadir="$folder/data" --socket="$folder/db.sock" --pid-file="$folder/db.pid" --tmpdir="$folder/tmp" \
  --skip-networking --innodb-flush-log-at-trx-commit=2 --innodb-buffer-pool-size=64M --performance-schema=off >"$folder/db.log" 2>&1 &
children+=($!)
for _ in $(seq 300); do
  mariadb --no-defaults --socket="$folder/db.sock" --user=root -e 'create database if not exists wordpress character set utf8mb4' 2>/dev/null && break
  sleep 0.1
done
"${as[@]}" php -d mysqli.default_socket="$folder/db.sock" "$folder/install.php" "$folder" "$theme" >>"$folder/install.log" 2>&1 ||
  { cat "$folder/install.log" >&2; exit 1; }
"${as[@]}" "$fpm" --nodaemonize --fpm-config "$folder/fpm.conf" >"$folder/fpm.out" 2>&1 &
children+=($!)
"${as[@]}" nginx -e "$folder/nginx.log" -c "$folder/nginx.conf" &
children+=($!)
for _ in $(seq 300); do
  php -r 'exit(@file_get_contents($argv[1]) === false ? 1 : 0);' "http://127.0.0.1:$port/" && break
  sleep 0.1
done
echo ready
# Until it is told to end, or one of them dies.
wait -n
echo "one of MariaDB, PHP-FPM and nginx has ended: see $folder/*.log" >&2
exit 1
