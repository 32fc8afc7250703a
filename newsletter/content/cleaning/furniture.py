"""The class names and the id of an element → which furniture of a page it is, if any: a share bar, comments, a form."""

from __future__ import annotations

SHARE_BAR = "share bar"
COMMENTS = "comment section"
RELATED = "list of related posts"
COOKIES = "cookie bar"
SIGN_UP = "sign-up form"
CONTENTS = "table of contents"
NAVIGATION = "page navigation"
HIDDEN = "hidden text"
PLAYER = "player"

# Whole names, as they stand in a class attribute or an id: what plugins, page builders and sites call these parts.
_NAMES = {
    SHARE_BAR: """
        sharedaddy sd-sharing sd-block sd-like jp-post-flair addtoany_content addtoany_list a2a_kit
        addthis_toolbox addthis_button essb_links ssba ssbp-wrap mashsb-container simplesocialbuttons social-share
        social-sharing social-share-buttons social-icons-share share-buttons sharing-buttons share-bar share-links
        share-icons share-post post-share post-sharing post-share-buttons entry-share entry-sharing article-share
        blog-share sharing share-this sharethis sharebar sharrre swp_social_panel et_social_inline et_social_networks
        shareaholic-canvas dpsp-content-wrapper novashare-buttons wp-block-jetpack-sharing-buttons
        wp-block-outermost-social-sharing elementor-widget-share-buttons elementor-share-buttons monarch
        heateorssclear blog-item-share sqs-share-buttons w-share tweetthis click-to-tweet
        post-footer-share-buttons fusion-sharing-box fusion-social-networks td-post-sharing
        """,
    COMMENTS: """
        comments-area comment-respond respond comment-form commentform comment-list commentlist disqus_thread
        wp-block-comments wp-block-post-comments wp-block-post-comments-form et_pb_comments_module fb-comments
        elementor-widget-post-comments wpdiscuz giscus utterances commento post-comments squarespace-comments
        """,
    RELATED: """
        jp-relatedposts related-posts related_posts relatedposts related-articles related-post yarpp-related
        yarpp crp_related rp4wp-related-posts similar-posts recommended-posts more-posts zemanta-related
        wp-block-jetpack-related-posts elementor-posts-container read-next post-feed readmore-block you-may-also-like
        outbrain taboola ob-widget trc_rbox td_block_related_posts fusion-related-posts
        """,
    COOKIES: """
        cookie-notice cookie-law-info-bar cookie-bar cookie-banner cookie-consent cookieconsent cc-window
        cmplz-cookiebanner cky-consent-container moove_gdpr_cookie_info_bar gdpr-banner gdpr-cookie-notice
        onetrust-consent-sdk onetrust-banner-sdk cookiebotdialog borlabscookiebox sqs-cookie-banner-v2
        """,
    SIGN_UP: """
        mc4wp-form mc_embed_signup subscription-widget-wrap subscription-widget-wrap-editor subscribe-widget
        wp-block-jetpack-subscriptions jetpack_subscription_widget kg-signup-card newsletter-form-block formkit-form
        convertkit-form tnp-subscription mailpoet_form et_bloom_form_container optin-box klaviyo-form
        sqs-block-newsletter sqs-block-form wpcf7 gform_wrapper wpforms-container forminator-custom-form
        nf-form-cont et_pb_contact_form_container et_pb_newsletter
        """,
    CONTENTS: """
        ez-toc-container toc_container lwptoc wp-block-table-of-contents wp-block-rank-math-toc-block
        wp-block-yoast-seo-table-of-contents rank-math-toc kg-toc simpletoc-list elementor-widget-table-of-contents
        """,
    NAVIGATION: """
        post-navigation posts-navigation nav-links nav-previous nav-next nav-single elementor-post-navigation breadcrumb
        breadcrumbs yoast-breadcrumbs skip-link wp-block-post-navigation-link item-pagination
        wp-block-query-pagination page-links
        """,
    HIDDEN: "screen-reader-text sr-only visually-hidden visuallyhidden u-hidden-visually assistive-text",
    PLAYER: """
        kg-audio-player-container kg-audio-thumbnail kg-video-overlay kg-video-player-container kg-video-player
        kg-bookmark-description kg-bookmark-metadata kg-bookmark-thumbnail mejs-offscreen wp-playlist
        """,
}
_KINDS = {name: kind for kind, names in _NAMES.items() for name in names.split()}
_PREFIXES = {
    "addtoany_share": SHARE_BAR,
    "heateor_sss": SHARE_BAR,
    "sfsi_": SHARE_BAR,
    "dpsp-": SHARE_BAR,
    "essb_": SHARE_BAR,
    "swp_social": SHARE_BAR,
    "jp-relatedposts": RELATED,
    "yarpp-": RELATED,
    "cookie-law-info": COOKIES,
    "cmplz-cookie": COOKIES,
    "ez-toc": CONTENTS,
    "tinymce-share": SHARE_BAR,
}
_BEGINNINGS = tuple(_PREFIXES)


def furniture_kind(names: str) -> str:
    """What the element with these names, parted by white space, is called in a report; empty when it is article."""
    for name in names.casefold().split():
        if name in _KINDS:
            return _KINDS[name]
        if name.startswith(_BEGINNINGS):
            return next(kind for prefix, kind in _PREFIXES.items() if name.startswith(prefix))
    return ""
