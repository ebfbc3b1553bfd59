//! The known regions of the platform: AWS name → domain (docs/platform.md, "Regions and hosts"). Hosts are never built
//! by a pattern, because two regions have other top-level domains.

use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    name: &'static str,
    domain: &'static str,
}

/// Every public region, sorted by name.
pub const REGIONS: [Region; 18] = [
    region("ap-northeast-1", "mypurecloud.jp"),
    region("ap-northeast-2", "apne2.pure.cloud"),
    region("ap-northeast-3", "apne3.pure.cloud"),
    region("ap-south-1", "aps1.pure.cloud"),
    region("ap-southeast-1", "apse1.pure.cloud"),
    region("ap-southeast-2", "mypurecloud.com.au"),
    region("ca-central-1", "cac1.pure.cloud"),
    region("eu-central-1", "mypurecloud.de"),
    region("eu-central-2", "euc2.pure.cloud"),
    region("eu-west-1", "mypurecloud.ie"),
    region("eu-west-2", "euw2.pure.cloud"),
    region("eusc-de-east-1", "edee1.eusc-pure.cloud"),
    region("me-central-1", "mec1.pure.cloud"),
    region("mx-central-1", "mxc1.pure.cloud"),
    region("sa-east-1", "sae1.pure.cloud"),
    region("us-east-1", "mypurecloud.com"),
    region("us-east-2", "use2.us-gov-pure.cloud"),
    region("us-west-2", "usw2.pure.cloud"),
];

const fn region(name: &'static str, domain: &'static str) -> Region {
    Region { name, domain }
}

impl Region {
    /// By AWS name, in any case.
    pub fn by_name(name: &str) -> Option<Region> {
        REGIONS.into_iter().find(|it| it.name.eq_ignore_ascii_case(name.trim()))
    }

    /// By domain, such as `mypurecloud.de`, in any case.
    pub fn by_domain(domain: &str) -> Option<Region> {
        REGIONS.into_iter().find(|it| it.domain.eq_ignore_ascii_case(domain.trim()))
    }

    /// The AWS name, such as `eu-central-1`.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// The domain of the API host (`api.`) and the login host (`login.`).
    pub fn domain(self) -> &'static str {
        self.domain
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}
