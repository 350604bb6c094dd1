//! The programs that only read, with the options that keep them so.
//!
//! To add one, read its manual to the end: every option that writes, runs, connects or loads code stays out,
//! and the entry says `risky` if there is any such option.

use super::options::{Operands, Program};
use Operands::{Format, None as Nothing, One, Paths, Pattern, Text};

const fn safe(name: &'static str, short: &'static str, long: &'static str, operands: Operands) -> Program {
    Program { name, short, long, operands, risky: false }
}

const fn risky(name: &'static str, short: &'static str, long: &'static str, operands: Operands) -> Program {
    Program { name, short, long, operands, risky: true }
}

/// The program's entry.
pub(super) fn find(name: &str) -> Option<&'static Program> {
    TABLE.iter().find(|program| program.name == name)
}

const GREP_SHORT: &str = "EFGPivwxcLlqsoHhnbTUzZrRIayA:B:C:m:e:f@d:D:#";
const GREP_LONG: &str = "extended-regexp fixed-strings basic-regexp perl-regexp ignore-case no-ignore-case \
    invert-match word-regexp line-regexp count color? colour? files-without-match files-with-matches max-count= \
    only-matching quiet silent no-messages byte-offset with-filename no-filename label= line-number initial-tab null \
    after-context= before-context= context= text binary-files= devices= directories= exclude= exclude-from@ \
    exclude-dir= include= recursive dereference-recursive line-buffered null-data regexp= file@ help version";
const SUM_LONG: &str = "binary check text tag zero ignore-missing quiet status strict warn help version";

const TABLE: &[Program] = &[
    safe(
        "ls",
        "aAbBcCdDfFgGhHikI:lLmnNopqQrRsStT:uUvw:xXZ1",
        "all almost-all author escape block-size= ignore-backups color? directory classify? file-type format= full-time \
         group-directories-first no-group human-readable si dereference dereference-command-line hide= hyperlink? \
         indicator-style= inode ignore= kibibytes numeric-uid-gid literal hide-control-chars show-control-chars \
         quote-name quoting-style= reverse recursive size sort= time= time-style= tabsize= width= context zero help version",
        Paths,
    ),
    safe(
        "cat",
        "AbeEnstTuv",
        "show-all number-nonblank show-ends number squeeze-blank show-tabs show-nonprinting help version",
        Paths,
    ),
    safe("tac", "brs:", "before regex separator= help version", Paths),
    safe("rev", "0", "zero help version", Paths),
    safe(
        "nl",
        "b:d:f:h:i:l:n:ps:v:w:",
        "body-numbering= header-numbering= line-increment= number-format= \
         number-separator= starting-line-number= number-width= help version",
        Paths,
    ),
    safe("pwd", "LP", "logical physical help version", Text),
    safe("head", "c:n:qvz#", "bytes= lines= quiet silent verbose zero-terminated help version", Paths),
    safe(
        "tail",
        "c:fFn:qvzs:#",
        "bytes= lines= follow? quiet silent verbose zero-terminated retry pid= sleep-interval= help version",
        Paths,
    ),
    safe("wc", "cmlLw", "bytes chars lines max-line-length words total= help version", Paths),
    safe("grep", GREP_SHORT, GREP_LONG, Pattern),
    safe("egrep", GREP_SHORT, GREP_LONG, Pattern),
    safe("fgrep", GREP_SHORT, GREP_LONG, Pattern),
    risky(
        "rg",
        "iSsvwxcloHNnqFUPpuLaA:B:C:m:M:e:f@g:t:T:j:r:E:d:0.hV",
        "ignore-case smart-case case-sensitive invert-match word-regexp line-regexp count count-matches \
         files-with-matches files-without-match only-matching with-filename no-filename no-line-number line-number quiet \
         fixed-strings multiline multiline-dotall pcre2 pretty unrestricted follow text after-context= before-context= \
         context= max-count= max-columns= max-columns-preview regexp= file@ glob= iglob= type= type-not= threads= \
         replace= encoding= max-depth= max-filesize= null hidden no-ignore no-ignore-vcs no-ignore-parent no-heading heading \
         color= colors= column json stats sort= sortr= files type-list trim vimgrep no-messages passthru crlf no-config \
         line-buffered block-buffered one-file-system help version",
        Pattern,
    ),
    safe("which", "as", "all help version", Text),
    safe("type", "aftpP", "", Text),
    safe(
        "diff",
        "abBcC:deEF:HiI:lnNpqrsS:tTuU:vwW:x:X@y#",
        "brief recursive unified? context? side-by-side ignore-all-space ignore-space-change ignore-blank-lines \
         ignore-case ignore-tab-expansion ignore-trailing-space width= suppress-common-lines color? new-file text \
         report-identical-files exclude= exclude-from@ no-dereference strip-trailing-cr minimal speed-large-files label= \
         show-c-function show-function-line= ed rcs normal left-column expand-tabs initial-tab help version",
        Paths,
    ),
    safe("cmp", "bi:ln:s", "print-bytes ignore-initial= verbose bytes= quiet silent help version", Paths),
    safe("comm", "123z", "check-order nocheck-order output-delimiter= total zero-terminated help version", Paths),
    safe("stat", "Lfc:tx", "dereference file-system format= printf= terse help version", Paths),
    safe(
        "du",
        "0abB:cd:DhHklLmPsSt:xX@",
        "all apparent-size block-size= bytes total max-depth= human-readable si summarize threshold= exclude= \
         exclude-from@ one-file-system time? time-style= inodes null dereference no-dereference separate-dirs \
         count-links help version",
        Paths,
    ),
    safe(
        "df",
        "aB:hHiklPt:Tx:v",
        "all block-size= human-readable si inodes local output? portability type= print-type exclude-type= total help version",
        Paths,
    ),
    safe("true", "", "help version", Text),
    safe("false", "", "help version", Text),
    safe(":", "", "", Text),
    risky(
        "sort",
        "bdfghiMnRrVcCk:mS:st:uz",
        "ignore-leading-blanks dictionary-order ignore-case general-numeric-sort ignore-nonprinting month-sort \
         human-numeric-sort numeric-sort random-sort reverse sort= version-sort check? key= merge stable buffer-size= \
         field-separator= unique zero-terminated parallel= debug help version",
        Paths,
    ),
    risky(
        "uniq",
        "cdDf:is:uw:z",
        "count repeated all-repeated? skip-fields= group? ignore-case skip-chars= unique zero-terminated \
         check-chars= help version",
        One,
    ),
    safe(
        "cut",
        "b:c:d:f:nsz",
        "bytes= characters= delimiter= fields= complement only-delimited output-delimiter= \
         zero-terminated help version",
        Paths,
    ),
    safe("paste", "d:sz", "delimiters= serial zero-terminated help version", Paths),
    safe(
        "join",
        "a:e:i1:2:j:o:t:v:z",
        "check-order nocheck-order header ignore-case zero-terminated help version",
        Paths,
    ),
    safe("tr", "cCdst", "complement delete squeeze-repeats truncate-set1 help version", Text),
    safe("fold", "bsw:", "bytes spaces width= help version", Paths),
    safe(
        "fmt",
        "cp:stuw:g:",
        "crown-margin prefix= split-only tagged-paragraph uniform-spacing width= goal= help version",
        Paths,
    ),
    safe("expand", "it:", "initial tabs= help version", Paths),
    safe("unexpand", "at:", "all first-only tabs= help version", Paths),
    safe(
        "column",
        "tc:s:o:xenLR:N:H:J",
        "table separator= output-separator= columns= json table-columns= help version",
        Paths,
    ),
    safe(
        "od",
        "A:j:N:S:t:vw?abcdfilosx",
        "address-radix= skip-bytes= read-bytes= strings? format= \
         output-duplicates width? help version",
        Paths,
    ),
    safe("hexdump", "bcCdn:os:vxe:", "canonical length= skip= no-squeezing help version", Paths),
    risky("xxd", "abc:eg:il:o:ps:u", "", One),
    safe("strings", "afn:t:e:w", "all print-file-name bytes= radix= encoding= help version", Paths),
    safe("base64", "diw:", "decode ignore-garbage wrap= help version", Paths),
    safe("basename", "as:z", "multiple suffix= zero help version", Text),
    safe("dirname", "z", "zero help version", Text),
    safe(
        "realpath",
        "eLmPqsz",
        "canonicalize-existing canonicalize-missing logical physical quiet strip no-symlinks zero relative-to= \
         relative-base= help version",
        Text,
    ),
    safe(
        "readlink",
        "femnqsvz",
        "canonicalize canonicalize-existing canonicalize-missing no-newline quiet silent \
         verbose zero help version",
        Text,
    ),
    risky("date", "d:uR", "date= utc universal rfc-3339= rfc-email iso-8601? help version", Format),
    safe("whoami", "", "help version", Text),
    safe("id", "agGnruzZ", "group groups name real user zero context help version", Text),
    safe("groups", "", "help version", Text),
    safe("tty", "s", "silent quiet help version", Text),
    safe(
        "uname",
        "asnrvmpio",
        "all kernel-name nodename kernel-release kernel-version machine processor \
         hardware-platform operating-system help version",
        Text,
    ),
    safe("arch", "", "help version", Text),
    risky("hostname", "fsiIdA", "fqdn long short ip-address all-ip-addresses domain help version", Nothing),
    safe("sleep", "", "help version", Text),
    safe("seq", "f:s:w", "format= separator= equal-width help version", Text),
    safe("expr", "", "help version", Text),
    safe("factor", "", "help version", Text),
    safe("nproc", "", "all ignore= help version", Text),
    safe("uptime", "ps", "pretty since help version", Text),
    safe("free", "bkmghtlws:c:v", "bytes kibi mebi gibi human total wide seconds= count= help version", Text),
    safe("lscpu", "abcepxy", "all online offline json help version", Text),
    safe("cal", "1358ymjswY", "one three year monday julian sunday", Text),
    safe("locale", "ackm", "all-locales category-name keyword-name charmaps help version", Text),
    safe("getconf", "a", "", Text),
    risky(
        "file",
        "bhikLNprsv0F:e:P:",
        "brief mime mime-type mime-encoding separator= exclude= keep-going dereference \
         no-dereference no-pad preserve-date raw special-files print0 extension help version",
        Paths,
    ),
    safe("md5sum", "bctwz", SUM_LONG, Paths),
    safe("sha1sum", "bctwz", SUM_LONG, Paths),
    safe("sha224sum", "bctwz", SUM_LONG, Paths),
    safe("sha256sum", "bctwz", SUM_LONG, Paths),
    safe("sha384sum", "bctwz", SUM_LONG, Paths),
    safe("sha512sum", "bctwz", SUM_LONG, Paths),
    safe("b2sum", "bcl:twz", SUM_LONG, Paths),
    safe("cksum", "a:cwz", SUM_LONG, Paths),
    risky(
        "tree",
        "adflxL:P:I:pugshDFqNrtcUXJSCnAiv",
        "noreport charset= filelimit= timefmt= matchdirs prune metafirst ignore-case gitignore inodes device sort= \
         dirsfirst filesfirst du si help version",
        Paths,
    ),
    risky(
        "ps",
        "AaedfFlujo:p:u:C:xwHT",
        "pid= ppid= sort= forest no-headers headers format= user= group= help version",
        Nothing,
    ),
    safe("pgrep", "aclnoxfu:P:", "full list-name list-full newest oldest exact count parent= euid= help version", Text),
    safe("lsb_release", "aidrcsv", "all id description release codename short help version", Text),
];
