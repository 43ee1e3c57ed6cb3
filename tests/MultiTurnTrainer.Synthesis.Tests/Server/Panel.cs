using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Synthesis.Tests.Server;

/// <summary>Plays all roles: a sensible reply that depends on the request alone.</summary>
internal static class Panel
{
    public static Answer Play(Received request) => Answers.Text(Reply(request));

    public static string Reply(Received request)
    {
        string hash = ContentHash.Of(System.Text.Encoding.UTF8.GetBytes(request.Body.GetRawText()))[..10];
        string last = request.Messages[^1].Content;
        return request.Role switch
        {
            "candidate" => $"<think>secret {hash}</think><respond>answer {hash}</respond>",
            "reviewer" =>
                $"<think>secret</think><criticize>criticism {hash}</criticize><verdict>insufficient</verdict>",
            _ when last.Contains("<decide>", StringComparison.Ordinal) => "<decide>accept</decide>",
            _ => $"<think>secret</think><ask>question {hash}?</ask><direction>depth</direction>",
        };
    }
}
