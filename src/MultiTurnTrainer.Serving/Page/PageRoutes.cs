// Folder Page: the page at /, its scripts and style sheets, and histories that are readable without scripts.
// Refuses to know: how prompts are planned and answers made: the scripts ask the public API, as any client does.
using MultiTurnTrainer.Serving.Http;

namespace MultiTurnTrainer.Serving.Page;

/// <summary><c>/</c>, <c>/sessions/ID</c> and the files they load.</summary>
/// <param name="log">The sessions.</param>
/// <param name="service">Lists them.</param>
/// <param name="tenants">Whose they are.</param>
internal sealed class PageRoutes(SessionLog log, SessionService service, Tenants tenants)
{
    // Nothing inline, nothing from elsewhere, and no script may turn a text into HTML.
    private const string ContentPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
        + "base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    public void Map(IEndpointRouteBuilder routes)
    {
        // A key is posted; whoever checks that the server is there asks for the head.
        string[] methods = ["GET", "HEAD", "POST"];
        routes.MapMethods("/", methods, ListAsync).WithMetadata(OpenRoute.Mark);
        routes.MapMethods("/sessions/{session}", methods, HistoryAsync).WithMetadata(OpenRoute.Mark);
        routes.MapGet("/page/{file}", FileAsync).WithMetadata(OpenRoute.Mark);
    }

    private async Task ListAsync(HttpContext http)
    {
        if (await TenantAsync(http).ConfigureAwait(false) is not { } tenant)
        {
            await AskForKeyAsync(http).ConfigureAwait(false);
            return;
        }

        SessionQuery query = new() { Tenant = tenant, Limit = HistoryPage.MostListed };
        List<SessionHeader> sessions = await service
            .ListAsync(query, http.RequestAborted)
            .ToListAsync(http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, HistoryPage.OfList(sessions), 200).ConfigureAwait(false);
    }

    private async Task HistoryAsync(HttpContext http)
    {
        if (await TenantAsync(http).ConfigureAwait(false) is not { } tenant)
        {
            await AskForKeyAsync(http).ConfigureAwait(false);
            return;
        }

        string id = http.Request.RouteValues["session"] as string ?? "";
        try
        {
            // What can be no id is answered without asking the store.
            SessionState state = SessionIds.IsValid(id)
                ? await log.LoadAsync(new SessionKey(tenant, id), http.RequestAborted).ConfigureAwait(false)
                : throw new SessionNotFoundException(id);
            await WriteAsync(http, HistoryPage.OfSession(state), 200).ConfigureAwait(false);
        }
        catch (SessionNotFoundException)
        {
            await WriteAsync(http, HistoryPage.OfNone(), 404).ConfigureAwait(false);
        }
    }

    private static async Task FileAsync(HttpContext http)
    {
        PageFile file =
            PageFiles.Find(http.Request.RouteValues["file"] as string) ?? throw ApiException.NotFound("file");
        Secure(http.Response.Headers);
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers.ETag = file.Tag;
        if (http.Request.Headers.IfNoneMatch == file.Tag)
        {
            http.Response.StatusCode = 304;
            return;
        }

        http.Response.ContentType = file.Type;
        http.Response.ContentLength = file.Bytes.Length;
        await http.Response.Body.WriteAsync(file.Bytes, http.RequestAborted).ConfigureAwait(false);
    }

    // A page cannot be asked for with a header: where keys are needed a form sends one, and nothing keeps it.
    private async Task<string?> TenantAsync(HttpContext http)
    {
        if (tenants.Everybody is { } everybody)
        {
            return everybody;
        }

        if (!HttpMethods.IsPost(http.Request.Method) || !http.Request.HasFormContentType)
        {
            return null;
        }

        try
        {
            IFormCollection form = await http.Request.ReadFormAsync(http.RequestAborted).ConfigureAwait(false);
            return tenants.Find(form["key"].ToString().Trim());
        }
        catch (InvalidDataException problem)
        {
            throw new ApiException(400, "invalid_request", "The form cannot be read.", problem);
        }
    }

    private static Task AskForKeyAsync(HttpContext http)
    {
        bool wasRefused = HttpMethods.IsPost(http.Request.Method);
        return WriteAsync(http, HistoryPage.OfKey(wasRefused), wasRefused ? 401 : 200);
    }

    private static async Task WriteAsync(HttpContext http, string page, int status)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(page);
        Secure(http.Response.Headers);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.StatusCode = status;
        http.Response.ContentType = "text/html; charset=utf-8";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
    }

    private static void Secure(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Not no-referrer: then forms and scripts of the page itself would send an Origin that names nobody.
        headers["Referrer-Policy"] = "same-origin";
    }
}
