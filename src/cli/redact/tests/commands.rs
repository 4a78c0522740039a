//! Secrets in command lines.

use super::*;

#[test]
fn options_with_secrets_hide_their_argument() {
    becomes("mysql -u root --password hunter2 -h db", "mysql -u root --password ‹redacted: 7 bytes› -h db");
    becomes("x --token=abc.def --user u", "x --token=‹redacted: 7 bytes› --user u");
    becomes("x --password='two words' y", "x --password='‹redacted: 9 bytes›' y");
    becomes(r#"x --password="two words" y"#, r#"x --password="‹redacted: 9 bytes›" y"#);
    becomes("x --password=a&b;c y", "x --password=‹redacted: 5 bytes› y");
    stays("x --password --user u");
    stays("x --token-file /var/run/t --password-stdin");
    stays("ssh-keygen --private-key ~/.ssh/id");
}

#[test]
fn arguments_come_in_lists_too() {
    becomes(r#"["mysql","--password","hunter2"]"#, r#"["mysql","--password","‹redacted: 7 bytes›"]"#);
    becomes(r#"{"args":"[\"--token\",\"hunter2\"]"}"#, r#"{"args":"[\"--token\",\"‹redacted: 7 bytes›\"]"}"#);
    becomes(r#"a0="mysql" a1="--password" a2="hunter2""#, r#"a0="mysql" a1="--password" a2="‹redacted: 7 bytes›""#);
    becomes("mysql\0--password\0hunter2\0", "mysql\0--password\0‹redacted: 7 bytes›\0");
    becomes(r#"["docker","run","-e","A=b","web"]"#, r#"["docker","run","-e","A=‹redacted: 1 bytes›","web"]"#);
    // The next string is the name of a member here.
    stays(r#"{"a":"--password","b":"x"}"#);
}

#[test]
fn commands_in_the_uri_of_an_exec_are_read() {
    becomes(
        "/api/v1/namespaces/a/pods/p/exec?command=mysql&command=--password%3Dhunter2&container=c&stdin=true",
        "/api/v1/namespaces/a/pods/p/exec?command=mysql&command=--password%3D‹redacted: 7 bytes›&container=c&stdin=true",
    );
    becomes(
        "/exec?command=x&command=--token&command=hunter2&container=c",
        "/exec?command=x&command=--token&command=‹redacted: 7 bytes›&container=c",
    );
    becomes(
        "/exec?command=sh&command=-c&command=mysql+-phunter2+-u+root&tty=true",
        "/exec?command=sh&command=-c&command=mysql+-p‹redacted: 7 bytes›+-u+root&tty=true",
    );
    becomes(
        "/exec?command=curl&command=-H&command=Authorization%3A+Bearer+abc&command=https%3A%2F%2Fu%3Apw%40h%2Fx",
        "/exec?command=curl&command=-H&command=Authorization%3A+Bearer+‹redacted: 3 bytes›&command=https%3A%2F%2Fu%3A‹redacted: 2 bytes›%40h%2Fx",
    );
    becomes(
        "/exec?command=kubectl&command=set&command=env&command=deploy%2Fx&command=A%3Db&tty=true",
        "/exec?command=kubectl&command=set&command=env&command=deploy%2Fx&command=A%3D‹redacted: 1 bytes›&tty=true",
    );
}

#[test]
fn variables_given_to_containers_are_hidden_but_harmless_ones() {
    becomes("docker run -e A=b -e PATH=/bin web", "docker run -e A=‹redacted: 1 bytes› -e PATH=/bin web");
    becomes("podman run -eA=b web", "podman run -eA=‹redacted: 1 bytes› web");
    becomes("kubectl run x --env=\"A=b c\" --image=w", "kubectl run x --env=\"A=‹redacted: 3 bytes›\" --image=w");
    becomes("kubectl run x --env A='b c' --image=w", "kubectl run x --env A='‹redacted: 3 bytes›' --image=w");
    becomes(
        "kubectl set env deploy/web A=b C=d -n shop",
        "kubectl set env deploy/web A=‹redacted: 1 bytes› C=‹redacted: 1 bytes› -n shop",
    );
    becomes(
        "kubectl create secret generic s --from-literal=user.name=hunter2",
        "kubectl create secret generic s --from-literal=user.name=‹redacted: 7 bytes›",
    );
    stays("grep -e a=b file; sed -e s/a=b/c/ x");
    stays("docker run --env-file=.env -p 80:80 web");
}

#[test]
fn clients_take_passwords_in_short_options() {
    becomes("mysqldump -uroot -phunter2 shop", "mysqldump -uroot -p‹redacted: 7 bytes› shop");
    stays("mysql -p shop");
    becomes("sshpass -p hunter2 ssh -p 22 h", "sshpass -p ‹redacted: 7 bytes› ssh -p ‹redacted: 2 bytes› h");
    becomes("docker login -u u -p hunter2 r", "docker login -u u -p ‹redacted: 7 bytes› r");
    becomes("az login --service-principal -p hunter2", "az login --service-principal -p ‹redacted: 7 bytes›");
    becomes("redis-cli -a hunter2 ping", "redis-cli -a ‹redacted: 7 bytes› ping");
    becomes("curl -u admin:hunter2 https://h", "curl -u admin:‹redacted: 7 bytes› https://h");
    stays("ps -ef\nnc -p 4444 -e /bin/sh\nsudo -u app:grp id");
}

#[test]
fn headers_keep_their_scheme() {
    becomes(r#"curl -H "Authorization: Bearer abc" h"#, r#"curl -H "Authorization: Bearer ‹redacted: 3 bytes›" h"#);
    becomes("curl -H 'authorization:Basic dTpw' h", "curl -H 'authorization:Basic ‹redacted: 4 bytes›' h");
    becomes(r#"{"Authorization":["Bearer abc"]}"#, r#"{"Authorization":["Bearer ‹redacted: 3 bytes›"]}"#);
    becomes(
        r#"{"c":"curl -H \"Authorization: Bearer abc\" h"}"#,
        r#"{"c":"curl -H \"Authorization: Bearer ‹redacted: 3 bytes›\" h"}"#,
    );
    stays(r#"{"authorization.k8s.io/decision":"allow"}"#);
    stays(r#"{"Authorization":"{\"action\":\"Microsoft.ContainerService/managedClusters/read\"}"}"#);
    stays("authorization: RBAC is on");
}

#[test]
fn passwords_in_urls_are_hidden_and_users_stay() {
    becomes(
        "git clone https://lena:p@ss@h.example.test/x",
        "git clone https://lena:‹redacted: 4 bytes›@h.example.test/x",
    );
    becomes("amqp://u:p@h:5672/v", "amqp://u:‹redacted: 1 bytes›@h:5672/v");
    becomes(r#"{"u":"https:\/\/u:p@h\/x"}"#, r#"{"u":"https:\/\/u:‹redacted: 1 bytes›@h\/x"}"#);
    becomes("https://0123456789abcdef0123456789abcdef01234567@h/x", "https://‹redacted: 40 bytes›@h/x");
    stays("https://r.example.test:5000/img@sha256:0f0f mailto://lena@example.test https://h/x?m=a:b@c");
}

#[test]
fn a_title_of_auditd_in_hexadecimal_is_read() {
    // mysql NUL --password=hunter2
    let hex = "6D7973716C002D2D70617373776F72643D68756E74657232";
    let out = "6D7973716C002D2D70617373776F72643D‹redacted: 14 bytes›";
    becomes(
        &format!("type=PROCTITLE msg=audit(1.1:2): proctitle={hex}"),
        &format!("type=PROCTITLE msg=audit(1.1:2): proctitle={out}"),
    );
    column_becomes("auditd", "proctitle", hex, out);
    stays("type=PROCTITLE msg=audit(1.1:2): proctitle=2F62696E2F7368002D63006964");
}

#[test]
fn settings_end_at_their_delimiters() {
    becomes("Server=s;Password=hun ter;", "Server=s;Password=‹redacted: 3 bytes› ter;");
    becomes(
        "Server=s;User=u;Password=hunter2;Encrypt=true",
        "Server=s;User=u;Password=‹redacted: 7 bytes›;Encrypt=true",
    );
    becomes("client_id=a&client_secret=hunter2&scope=x", "client_id=a&client_secret=‹redacted: 7 bytes›&scope=x");
    becomes(r#"{"u":"a?client_secret=hunter2\u0026x=y"}"#, r#"{"u":"a?client_secret=‹redacted: 7 bytes›\u0026x=y"}"#);
    becomes("DB_PASSWORD=a\\\"b", "DB_PASSWORD=‹redacted: 1 bytes›\\\"b");
    becomes(
        "Endpoint=sb://n/;SharedAccessKeyName=k;SharedAccessKey=abc=",
        "Endpoint=sb://n/;SharedAccessKeyName=k;SharedAccessKey=‹redacted: 4 bytes›",
    );
    stays("sudo: lena : PWD=/root ; USER=root ; COMMAND=/bin/sh");
}

#[test]
fn sentences_about_secrets_stay() {
    stays("invalid token: unexpected end");
    stays("password: must be set by the user");
    stays("Failed password for root from 203.0.113.7 port 22");
    stays("the token is expired; bearer token expected");
    becomes("login with password: hunter2", "login with password: ‹redacted: 7 bytes›");
    becomes("token: 0123456789abcdef0123", "token: ‹redacted: 20 bytes›");
}
