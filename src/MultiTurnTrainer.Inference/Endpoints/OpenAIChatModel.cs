using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// One attempt at an OpenAI-compatible server, through the official client's protocol methods, with request and reply
/// as JSON of our own, because compatible servers differ in fields that the typed methods insist on (finish reasons,
/// missing usage, the name of the token limit).
/// </summary>
/// <param name="connection">The server; closed with this.</param>
/// <param name="settings">Its settings.</param>
internal sealed class OpenAIChatModel(OpenAIConnection connection, EndpointSettings settings) : IChatModel, IDisposable
{
    private readonly OpenAIRequestBody _body = new(
        settings,
        settings.MaxTokensField ?? (connection.IsOfficial ? "max_completion_tokens" : "max_tokens")
    );

    public Task<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellation) =>
        request.Embeds == true
            ? EmbedAsync(request, cancellation)
            : connection.GuardAsync(() => SendAsync(request, cancellation), cancellation);

    public void Dispose() => connection.Dispose();

    private async Task<ChatReply> SendAsync(ChatRequest request, CancellationToken cancellation)
    {
        string model = settings.Model ?? request.Model;
        ChatClient client = connection.Chat(model);
        using BinaryContent content = BinaryContent.Create(BinaryData.FromBytes(_body.Write(request, model)));
        RequestOptions options = new()
        {
            CancellationToken = cancellation,
            ErrorOptions = ClientErrorBehaviors.NoThrow,
            BufferResponse = !settings.Stream,
        };
        ClientResult result = await client.CompleteChatAsync(content, options).ConfigureAwait(false);
        using PipelineResponse response = result.GetRawResponse();
        if (response.Status is < 200 or > 299)
        {
            await response.BufferContentAsync(cancellation).ConfigureAwait(false);
            throw OpenAIFaults.FromStatus(response, connection.Time, connection.Secrets);
        }

        ChatReply reply = settings.Stream
            ? await OpenAIReplyBody
                .ReadStreamAsync(
                    response.ContentStream!,
                    TimeSpan.FromSeconds(settings.IdleTimeoutSeconds),
                    connection.Time,
                    cancellation
                )
                .ConfigureAwait(false)
            : OpenAIReplyBody.Read(response.Content.ToMemory());
        reply = reply with
        {
            Text = connection.Secrets.Redact(reply.Text),
            Refusal = reply.Refusal is null ? null : connection.Secrets.Redact(reply.Refusal),
        };
        return Counted(request, reply);
    }

    private async Task<ChatReply> EmbedAsync(ChatRequest request, CancellationToken cancellation)
    {
        byte[] body = OpenAIEmbedding.Write(settings.Model ?? request.Model, request.Turns[0].Content);
        ChatReply reply = await connection
            .PostAsync("embeddings", body, static content => OpenAIEmbedding.Read(content.ToMemory()), cancellation)
            .ConfigureAwait(false);
        return Counted(request, reply);
    }

    private static ChatReply Counted(ChatRequest request, ChatReply reply) =>
        reply.CompletionTokens > 0 || reply.PromptTokens > 0
            ? reply
            : reply with
            {
                PromptTokens = request.EstimatePromptTokens(),
                CompletionTokens = ChatRequest.EstimateTokens(reply.Text),
                Estimated = true,
            };
}
