using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary>Gives a turn as the events of the Responses API.</summary>
/// <param name="stream">The client.</param>
/// <param name="live">The turn.</param>
internal sealed class ResponseStream(EventStream stream, LiveTurn live)
{
    private readonly AnswerBuilder _answer = new();
    private int _number;
    private bool _isOpen;

    /// <summary>The first events: the response has begun.</summary>
    public async Task BeginAsync()
    {
        await SendAsync("response.created", Response("in_progress", [])).ConfigureAwait(false);
        await SendAsync("response.in_progress", Response("in_progress", [])).ConfigureAwait(false);
        foreach (Notice notice in live.Context?.Plan.Notices ?? [])
        {
            await SendAsync("context.notice", new JsonFields { ["code"] = notice.Code, ["text"] = notice.Text })
                .ConfigureAwait(false);
        }
    }

    /// <summary>What is new.</summary>
    public async Task AddAsync(JsonView chunk)
    {
        int before = _answer.Text.Length;
        _answer.Add((JsonFields)JsonTree.Of(chunk)!);
        if (_answer.Text.Length == before)
        {
            return;
        }

        if (!_isOpen)
        {
            _isOpen = true;
            await SendAsync(
                    "response.output_item.added",
                    Place("item", ResponseItems.Message(live.Turn.Id, "assistant", "", "in_progress"), 0)
                )
                .ConfigureAwait(false);
            await SendAsync("response.content_part.added", PartPlace("part", ResponseItems.Part("")))
                .ConfigureAwait(false);
        }

        JsonFields delta = PartPlace("delta", _answer.Text[before..]);
        delta["logprobs"] = new List<object?>();
        await SendAsync("response.output_text.delta", delta).ConfigureAwait(false);
    }

    /// <summary>The last events: the response is whole.</summary>
    public async Task EndAsync(SessionState state)
    {
        List<object?> output = [];
        int index = 0;
        foreach (JsonFields item in ResponseItems.ToItems(_answer.Message(), live.Turn.Id))
        {
            await SendItemAsync(item, index++).ConfigureAwait(false);
            output.Add(item);
        }

        JsonFields ended = ResponseJson.Ended(state, state.FindTurn(live.Turn.Id)!);
        ended["output"] = output;
        ended["usage"] = ResponseJson.Usage(_answer.Usage);
        string name = ended["status"] is "incomplete" ? "response.incomplete" : "response.completed";
        await SendAsync(name, new JsonFields { ["response"] = ended }).ConfigureAwait(false);
    }

    /// <summary>The last event where the answer broke off.</summary>
    public Task FailAsync(ApiException problem)
    {
        List<object?> output =
            _answer.Text.Length == 0
                ? []
                : [ResponseItems.Message(live.Turn.Id, "assistant", _answer.Text, "incomplete")];
        JsonFields failed = Response("failed", output);
        ((JsonFields)failed["response"]!)["error"] = new JsonFields
        {
            ["code"] = problem.Code,
            ["message"] = problem.Message,
        };
        return SendAsync("response.failed", failed);
    }

    private async Task SendItemAsync(JsonFields item, int index)
    {
        if (item["type"] is "message")
        {
            if (_isOpen)
            {
                await SendAsync("response.output_text.done", PartPlace("text", _answer.Text)).ConfigureAwait(false);
                await SendAsync("response.content_part.done", PartPlace("part", ResponseItems.Part(_answer.Text)))
                    .ConfigureAwait(false);
            }
        }
        else
        {
            JsonFields begun = item.Copy();
            begun["status"] = "in_progress";
            begun["arguments"] = "";
            await SendAsync("response.output_item.added", Place("item", begun, index)).ConfigureAwait(false);
            foreach ((string name, string member) in new[] { ("delta", "delta"), ("done", "arguments") })
            {
                JsonFields part = Place(member, item["arguments"], index);
                part["item_id"] = item["id"];
                await SendAsync($"response.function_call_arguments.{name}", part).ConfigureAwait(false);
            }
        }

        await SendAsync("response.output_item.done", Place("item", item, index)).ConfigureAwait(false);
    }

    private JsonFields Response(string status, List<object?> output) =>
        new() { ["response"] = ResponseJson.Of(live.Turn, live.State.Id, live.Model, status, output) };

    private static JsonFields Place(string name, object? value, int index) =>
        new() { ["output_index"] = index, [name] = value };

    private JsonFields PartPlace(string name, object value) =>
        new()
        {
            ["item_id"] = $"msg_{live.Turn.Id}",
            ["output_index"] = 0,
            ["content_index"] = 0,
            [name] = value,
        };

    private Task SendAsync(string type, JsonFields data)
    {
        data["type"] = type;
        data["sequence_number"] = _number++;
        return stream.SendAsync(data, type);
    }
}
