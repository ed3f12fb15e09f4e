/* SPDX-License-Identifier: Apache-2.0 */
/* What S3's clients are told. Called by all of admin/s3*. */
#include "admin/s3_error.h"

static const wfp_s3_error_row_t rows[WFP_S3_ERROR_COUNT] = {
    [WFP_S3_FINE] = { 200, "", "" },
    [WFP_S3_ACCESS_DENIED] = { 403, "AccessDenied", "Access Denied" },
    [WFP_S3_AUTH_HEADER] = { 400, "AuthorizationHeaderMalformed",
                             "The authorization header is malformed" },
    [WFP_S3_AUTH_QUERY] = { 400, "AuthorizationQueryParametersError",
                            "The X-Amz parameters of the query are malformed" },
    [WFP_S3_BAD_DIGEST] = { 400, "BadDigest",
                            "The body does not have the digest that was "
                            "given" },
    [WFP_S3_BUCKET_EXISTS] = { 409, "BucketAlreadyOwnedByYou",
                               "There is a bucket of that name" },
    [WFP_S3_BUCKET_NAME] = { 400, "InvalidBucketName",
                             "A bucket's name has 3 to 63 of a-z, 0-9 and -" },
    [WFP_S3_BUCKET_NOT_EMPTY] = { 409, "BucketNotEmpty",
                                  "The bucket still has objects" },
    [WFP_S3_INCOMPLETE_BODY] = { 400, "IncompleteBody",
                                 "The body did not come as it was announced" },
    [WFP_S3_INTERNAL] = { 500, "InternalError", "Internal error" },
    [WFP_S3_INVALID_ARGUMENT] = { 400, "InvalidArgument", "Invalid argument" },
    [WFP_S3_INVALID_DIGEST] = { 400, "InvalidDigest",
                                "The digest that was given is none" },
    [WFP_S3_INVALID_PART] = { 400, "InvalidPart",
                              "A part is missing, has another etag, or not the "
                              "size of the others" },
    [WFP_S3_INVALID_PART_ORDER] = { 400, "InvalidPartOrder",
                                    "Parts must be listed by their numbers, "
                                    "each once" },
    [WFP_S3_INVALID_RANGE] = { 416, "InvalidRange",
                               "The object has no bytes there" },
    [WFP_S3_INVALID_REQUEST] = { 400, "InvalidRequest", "Invalid request" },
    [WFP_S3_INVALID_URI] = { 400, "InvalidURI", "The URI is badly encoded" },
    [WFP_S3_KEY_TOO_LONG] = { 400, "KeyTooLongError",
                              "A key has at most 1024 bytes" },
    [WFP_S3_MALFORMED_XML] = { 400, "MalformedXML",
                               "The XML is not well-formed, or not what is "
                               "wanted here" },
    [WFP_S3_METADATA_TOO_LARGE] = { 400, "MetadataTooLarge",
                                    "Metadata has at most 8192 bytes, each "
                                    "header 2048" },
    [WFP_S3_METHOD] = { 405, "MethodNotAllowed",
                        "The method is not allowed here" },
    [WFP_S3_MISSING_LENGTH] = { 411, "MissingContentLength",
                                "The length of the body must be told" },
    [WFP_S3_NO_BUCKET] = { 404, "NoSuchBucket", "There is no such bucket" },
    [WFP_S3_NO_KEY] = { 404, "NoSuchKey", "There is no such object" },
    [WFP_S3_NO_UPLOAD] = { 404, "NoSuchUpload",
                           "There is no such upload: it may be completed, "
                           "aborted or too old" },
    [WFP_S3_NOT_IMPLEMENTED] = { 501, "NotImplemented",
                                 "That is not implemented here" },
    [WFP_S3_PRECONDITION] = { 412, "PreconditionFailed",
                              "A condition of the request does not hold" },
    [WFP_S3_SHA256_MISMATCH] = { 400, "XAmzContentSHA256Mismatch",
                                 "The body does not have the SHA-256 that was "
                                 "signed" },
    [WFP_S3_SIGNATURE] = { 403, "SignatureDoesNotMatch",
                           "The signature is not that of this request with "
                           "this key" },
    [WFP_S3_SLOW_DOWN] = { 503, "SlowDown", "Too many requests" },
    [WFP_S3_STORAGE_CLASS] = { 400, "InvalidStorageClass",
                               "Storage classes are STANDARD and STANDARD_IA" },
    [WFP_S3_TIME_SKEWED] = { 403, "RequestTimeTooSkewed",
                             "The request's time and the server's differ by "
                             "more than 15 minutes" },
    [WFP_S3_TIMEOUT] = { 400, "RequestTimeout", "The body came too slowly" },
    [WFP_S3_TOO_LARGE] = { 400, "EntityTooLarge",
                           "The body is larger than what is allowed" },
    [WFP_S3_TOO_SMALL] = { 400, "EntityTooSmall",
                           "All parts but the last one need 5 MiB" },
    [WFP_S3_UNAVAILABLE] = { 503, "ServiceUnavailable",
                             "The store does not answer" },
    [WFP_S3_UNKNOWN_KEY] = { 403, "InvalidAccessKeyId",
                             "There is no such access key" },
};

const wfp_s3_error_row_t *wfp_s3_error_row(wfp_s3_error_e error)
{
    if ((unsigned)error >= WFP_S3_ERROR_COUNT) {
        error = WFP_S3_INTERNAL;
    }
    return &rows[error];
}

wfp_s3_error_e wfp_s3_error_of_r2(wfp_r2_fault_e fault, const wfp_result_t *res)
{
    static const wfp_s3_error_e errors[WFP_R2_FAULT_COUNT] = {
        [WFP_R2_INTERNAL] = WFP_S3_INTERNAL,
        [WFP_R2_NO_BUCKET] = WFP_S3_NO_BUCKET,
        [WFP_R2_NO_KEY] = WFP_S3_NO_KEY,
        [WFP_R2_TOO_SMALL] = WFP_S3_TOO_SMALL,
        [WFP_R2_METADATA_SIZE] = WFP_S3_METADATA_TOO_LARGE,
        [WFP_R2_BAD_NAME] = WFP_S3_KEY_TOO_LONG,
        [WFP_R2_BAD_LIMIT] = WFP_S3_INVALID_ARGUMENT,
        [WFP_R2_NO_UPLOAD] = WFP_S3_NO_UPLOAD,
        [WFP_R2_BAD_PART] = WFP_S3_INVALID_PART,
        [WFP_R2_UNMET] = WFP_S3_PRECONDITION,
        [WFP_R2_BAD_DIGEST] = WFP_S3_BAD_DIGEST,
        [WFP_R2_BAD_RANGE] = WFP_S3_INVALID_RANGE,
        [WFP_R2_BAD_UPLOAD] = WFP_S3_INVALID_PART,
        [WFP_R2_TOO_LARGE] = WFP_S3_TOO_LARGE,
        [WFP_R2_FULL] = WFP_S3_TOO_LARGE,
        [WFP_R2_BAD_VALUE] = WFP_S3_INVALID_ARGUMENT,
    };

    if ((res->code == WFP_R2_ERROR || res->code == WFP_QUOTA_EXCEEDED)
        && fault > WFP_R2_FINE && fault < WFP_R2_FAULT_COUNT) {
        return errors[fault];
    }
    return wfp_s3_error_of(res);
}

wfp_s3_error_e wfp_s3_error_of(const wfp_result_t *res)
{
    switch (res->code) {
    case WFP_STORE_UNAVAILABLE:
    case WFP_TIMEOUT:
        return WFP_S3_UNAVAILABLE;
    case WFP_NOT_FOUND:
        return WFP_S3_NO_BUCKET;
    case WFP_CONFLICT:
        return res->status == APR_EEXIST ? WFP_S3_BUCKET_EXISTS
                                         : WFP_S3_BUCKET_NOT_EMPTY;
    case WFP_INVALID:
        return WFP_S3_INVALID_ARGUMENT;
    case WFP_BODY_TOO_LARGE:
        return WFP_S3_TOO_LARGE;
    case WFP_CLIENT_DISCONNECTED:
        return WFP_S3_INCOMPLETE_BODY;
    default:
        return WFP_S3_INTERNAL;
    }
}
