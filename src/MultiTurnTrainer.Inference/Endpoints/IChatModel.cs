namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>Something that answers a chat: an OpenAI-compatible server, or a model of our own.</summary>
public interface IChatModel
{
    /// <summary>Answers once. Safe to call from several threads at a time.</summary>
    /// <exception cref="EndpointException">It could not; the kind says whether trying again may help.</exception>
    Task<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellation);
}
