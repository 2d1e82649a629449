//! User with a minimal browser: follows redirects, keeps cookies, submits forms.

use std::collections::BTreeMap;

use reqwest::{
    Url,
    header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE},
};

use super::server::client;

/// User with a minimal browser and its cookies.
pub struct Person {
    client: reqwest::Client,
    cookies: BTreeMap<String, String>,
    pub name: String,
    pub password: String,
}

/// Final page after all redirects. `status` is 0 if no server listens at the final URL.
#[derive(Debug)]
pub struct Page {
    pub url: Url,
    pub status: u16,
    pub text: String,
    pub headers: HeaderMap,
}

impl Page {
    pub fn title(&self) -> &str {
        let start = self.text.find("<title>").map_or(0, |at| at + 7);
        let end = self.text.find("</title>").unwrap_or(start);
        &self.text[start..end]
    }

    /// Returns the value of a hidden form field.
    pub fn hidden(&self, name: &str) -> String {
        let mark = format!("name=\"{name}\" value=\"");
        let at = self.text.find(&mark).unwrap_or_else(|| panic!("no {name} in {}", self.text));
        let rest = &self.text[at + mark.len()..];
        rest[..rest.find('"').unwrap()].to_owned()
    }
}

impl Person {
    pub fn new(name: &str, password: &str) -> Self {
        Self {
            client: reqwest::Client::builder()
                .no_proxy()
                .tls_certs_only([])
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .unwrap(),
            cookies: BTreeMap::new(),
            name: name.to_owned(),
            password: password.to_owned(),
        }
    }

    /// Opens a page and follows redirects.
    pub async fn open(&mut self, url: &str) -> Page {
        self.go(Url::parse(url).unwrap(), None).await
    }

    /// Submits a form, including the hidden fields of `page`.
    pub async fn send(&mut self, page: &Page, path: &str, fields: &[(&str, &str)]) -> Page {
        let (request, csrf) = (page.hidden("request"), page.hidden("csrf"));
        let mut form = vec![("request", request.as_str()), ("csrf", csrf.as_str())];
        form.extend(fields);
        let form: Vec<_> = form.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        self.go(page.url.join(path).unwrap(), Some(form)).await
    }

    /// Signs in if the sign-in page appears, submits `decision` on the consent page, and returns
    /// the final page.
    pub async fn sign_in(&mut self, url: &str, decision: &str) -> Page {
        let mut page = self.open(url).await;
        if page.text.contains("action=\"login\"") {
            let (name, password) = (self.name.clone(), self.password.clone());
            let fields = [("username", name.as_str()), ("password", password.as_str())];
            page = self.send(&page, "login", &fields).await;
        }
        assert!(page.text.contains("action=\"consent\""), "{}", page.text);
        self.send(&page, "consent", &[("decision", decision)]).await
    }

    async fn go(&mut self, mut url: Url, mut form: Option<Vec<(String, String)>>) -> Page {
        for _ in 0..10 {
            let mut request = match form.take() {
                Some(form) => self.client.post(url.clone()).form(&form),
                None => self.client.get(url.clone()),
            };
            let cookies: Vec<_> = self.cookies.iter().map(|(k, v)| format!("{k}={v}")).collect();
            if !cookies.is_empty() {
                request = request.header(COOKIE, cookies.join("; "));
            }
            let answer = match request.send().await {
                Ok(answer) => answer,
                // If no server listens at a redirect URI, a browser shows an error page.
                Err(error) if error.is_connect() => {
                    return Page {
                        url,
                        status: 0,
                        text: String::new(),
                        headers: HeaderMap::default(),
                    };
                }
                Err(error) => panic!("{error}"),
            };
            for cookie in answer.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str().unwrap().split(';').next().unwrap();
                let (name, value) = pair.split_once('=').unwrap();
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            if let Some(place) = answer.headers().get(LOCATION) {
                url = url.join(place.to_str().unwrap()).unwrap();
                continue;
            }
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            return Page { url, status, text: answer.text().await.unwrap(), headers };
        }
        panic!("redirect loop at {url}");
    }
}

/// Sends a token request; returns status and body.
pub async fn token(base_url: &str, form: &[(&str, &str)]) -> (u16, serde_json::Value) {
    let answer = client().post(format!("{base_url}/oauth/token")).form(form).send().await.unwrap();
    let status = answer.status().as_u16();
    (status, serde_json::from_str(&answer.text().await.unwrap()).unwrap())
}
